//! Calls to the forge through a proxy that is a real one, but small.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use garm::clock::Clock;
use garm::forge::Clients;
use garm::model::{CredentialsSecret, EntityKind, EntityRef, SecretString};
use garm::proxies::Proxies;
use garm::sim::{Forge, ForgeServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Installation, Plan, forge_client};

/// A name that only the proxy can resolve.
const NAME: &str = "forge.invalid";

/// A proxy that forwards requests and remembers their heads. It makes no tunnels: it refuses CONNECT.
struct Proxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// A proxy that finds [`NAME`] at this address.
    async fn start(named: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, named, Arc::clone(&seen)));
            }
        });
        Self { address, heads }
    }

    fn heads(&self) -> Vec<String> {
        std::mem::take(&mut *self.heads.lock().expect("no panic"))
    }
}

/// Serves one connection, for one request.
async fn serve(mut client: TcpStream, named: SocketAddr, heads: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8(head).expect("text");
    heads.lock().expect("no panic").push(head.clone());
    let Some((method, rest)) = head.split_once(" http://") else {
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    };
    let (host, rest) = rest.split_once('/').expect("a path");
    let target = host.parse().unwrap_or(named);
    let mut server = TcpStream::connect::<SocketAddr>(target).await?;
    let (line, fields) = rest.split_once("\r\n").expect("a first line");
    server.write_all(format!("{method} /{line}\r\nconnection: close\r\n{fields}").as_bytes()).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// Asks a forge at this URL for its runners, with these settings of proxies.
async fn ask(url: &str, settings: &[(&'static str, String)]) -> Result<usize, String> {
    let clients = Clients::new(Clock::System).with_proxies(Proxies::new(settings));
    let at = EntityRef { kind: EntityKind::Organization, owner: String::new(), name: "octo".into() };
    let forge = forge_client(&clients, url, CredentialsSecret::Pat(SecretString::from("ghp_token")));
    let listed = forge.list_runners(&at).await;
    listed.map(|runners| runners.len()).map_err(|fault| fault.to_string())
}

#[tokio::test]
async fn calls_to_the_forge_go_through_the_proxy_except_where_no_proxy_says() {
    let forge = Forge::new(Clock::System);
    forge.add_token(&SecretString::from("ghp_token"));
    let server = ForgeServer::start(forge.clone(), ([127, 0, 0, 1], 0).into()).await.expect("starts");
    let (proxy, port) = (Proxy::start(server.address()).await, server.address().port());
    let through = |no_proxy: &str| [("http_proxy", format!("http://{}", proxy.address)), ("no_proxy", no_proxy.to_owned())];

    assert_eq!(ask(&format!("http://{NAME}"), &through("other.invalid")).await, Ok(0));
    let heads = proxy.heads();
    assert!(heads[0].starts_with(&format!("GET http://{NAME}/api/v3/orgs/octo/actions/runners?")), "{heads:?}");
    assert!(ask(&format!("http://{NAME}"), &through("invalid")).await.is_err(), "nobody else knows the name");

    for (no_proxy, is_proxied) in [
        (String::new(), true),
        (format!("127.0.0.1:{}", port.wrapping_add(1)), true),
        ("127.0.1.0/24".to_owned(), true),
        (format!("127.0.0.1:{port}"), false),
        ("127.0.0.1".to_owned(), false),
        ("127.0.0.0/8".to_owned(), false),
        ("*".to_owned(), false),
    ] {
        assert_eq!(ask(server.url(), &through(&no_proxy)).await, Ok(0), "{no_proxy:?}");
        assert_eq!(proxy.heads().len(), usize::from(is_proxied), "{no_proxy:?}");
    }

    // The service of scale sets is looked for the same way.
    let clients = Clients::new(Clock::System).with_proxies(Proxies::new(&through("other.invalid")));
    let client = forge_client(&clients, &format!("http://{NAME}"), CredentialsSecret::Pat(SecretString::from("ghp_token")));
    let at = EntityRef { kind: EntityKind::Organization, owner: String::new(), name: "octo".into() };
    let listed = client.scale_sets(&at).expect("a service").list_runners().await;
    let heads = proxy.heads();
    let connected = format!("POST http://{NAME}/api/v3/actions/runner-registration ");
    assert!(heads.iter().any(|head| head.starts_with(&connected)), "{listed:?} {heads:?}");

    // With TLS the proxy is asked for a tunnel, and learns nothing but the name.
    let secure = [("https_proxy", format!("http://user:word@{}", proxy.address))];
    let fault = ask(&format!("https://{NAME}"), &secure).await.expect_err("it makes none");
    let heads = proxy.heads();
    assert!(heads[0].starts_with(&format!("CONNECT {NAME}:443 ")), "{heads:?}");
    assert!(heads[0].to_lowercase().contains("proxy-authorization: basic ") && !heads[0].contains("ghp_token"), "{heads:?}");
    assert!(!fault.contains("word"), "{fault}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_calls_its_forge_through_the_proxy_of_its_configuration() {
    let proxy = Proxy::start(([127, 0, 0, 1], 9).into()).await;
    let section = format!("log_level = \"debug\"\nlog_format = \"json\"\n[proxy]\nhttp_proxy = \"http://{}\"\n", proxy.address);
    let garm = Installation::set_up(Plan { logging: section.leak(), ..Plan::default() }).await;
    garm.add_pool("local", "fast", 1, 0).await;
    let job = garm.queue_job("one", "fast");
    garm.jobs_succeed(&[job]).await;
    garm.all_gone().await;
    let heads = proxy.heads();
    let registered = format!("POST {}/api/v3/repos/octo/hello/actions/runners/generate-jitconfig ", garm.forge_url());
    assert!(heads.iter().any(|head| head.starts_with(&registered)), "{heads:?}");
    garm.finish().await;
}
