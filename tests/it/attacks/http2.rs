//! HTTP/2: clients that speak it where it was not agreed on, or close their windows; and the certificate.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use garm::api::paths;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::Version;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::connections::{address, answers, connect_from};
use super::measure::Measured;
use crate::harness::{Database, Installation, JWT_SECRET, Plan, databases};

/// What a client of HTTP/2 sends first.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How many clients attack at once.
const CLIENTS: u8 = 200;

/// A server that speaks TLS itself.
struct Encrypted {
    dir: TempDir,
    address: SocketAddr,
    process: Child,
}

impl Encrypted {
    async fn start(database: &Database) -> Self {
        let dir = TempDir::new().expect("a directory");
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("it listens");
        let config = format!(
            "[apiserver]\nbind = \"127.0.0.1\"\nport = {}\nuse_tls = true\n[apiserver.tls]\ncertificate = \"{dir}/tls.pem\"\nkey = \"{dir}/tls.key\"\n\
             [jwt_auth]\nsecret = \"{JWT_SECRET}\"\ntime_to_live = \"24h\"\n[database]\npassphrase = \"PlantedPassphrase0123456789abcde\"\n\
             {}",
            port.port(),
            database.section(dir.path()),
            dir = dir.path().display()
        );
        fs::write(dir.path().join("config.toml"), config).expect("written");
        install(dir.path(), "first");
        let log = fs::File::create(dir.path().join("log")).expect("a log");
        #[expect(clippy::disallowed_methods, reason = "the server under test outlives every deadline")]
        let mut command = Command::new(env!("CARGO_BIN_EXE_garm"));
        command.arg("serve").arg("--config").arg(dir.path().join("config.toml"));
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("one more handle")).stderr(log).kill_on_drop(true);
        let server = Self { dir, address: port, process: command.spawn().expect("the binary starts") };
        let listens = async {
            while TcpStream::connect(server.address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), listens).await.expect("it listens");
        server
    }

    fn process(&self) -> u32 {
        self.process.id().expect("it runs")
    }

    /// Tells it to read the certificate again, and waits for a line of its log.
    async fn hang_up(&self, expected: &str) {
        kill(Pid::from_raw(i32::try_from(self.process()).expect("a pid")), Signal::SIGHUP).expect("it can be signalled");
        let log = || fs::read_to_string(self.dir.path().join("log")).expect("a log");
        let told = async {
            while !log().contains(expected) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(20), told).await.is_ok(), "{}", log());
    }

    async fn connect(&self, from: u8, protocol: &str) -> TlsStream<TcpStream> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
        let mut config = config.dangerous().with_custom_certificate_verifier(Arc::new(Whatever)).with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let stream = connect_from(from, self.address).await;
        let name = ServerName::try_from("localhost").expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("a handshake")
    }

    /// The certificate that a new connection gets.
    async fn certificate(&self) -> Vec<u8> {
        let stream = self.connect(1, "http/1.1").await;
        stream.get_ref().1.peer_certificates().expect("it has shown one")[0].to_vec()
    }
}

/// Puts the certificate with this name, and its key, where the server reads them.
fn install(dir: &Path, name: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/tls");
    for kind in ["pem", "key"] {
        fs::copy(from.join(format!("{name}.{kind}")), dir.join(format!("tls.{kind}"))).expect("copied");
    }
}

/// Believes every certificate: a test compares them itself.
#[derive(Debug)]
struct Whatever;

impl ServerCertVerifier for Whatever {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// A frame of HTTP/2: RFC 9113, section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("small").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A client that asks for the description of the API on each of its streams, and lets the server send not one byte of it.
fn closed_window(streams: u32) -> Vec<u8> {
    const INITIAL_WINDOW_SIZE: u8 = 4;
    let settings = frame(4, 0, 0, &[0, INITIAL_WINDOW_SIZE, 0, 0, 0, 0]);
    let path = paths::DESCRIPTION.template().as_bytes();
    let authority: &[u8] = b"localhost";
    let length = |text: &[u8]| u8::try_from(text.len()).expect("short");
    // HPACK: GET, https, and literals for :path (4) and :authority (1).
    let head = [&[0x82, 0x87, 0x04, length(path)], path, &[0x01, length(authority)], authority].concat();
    let requests = (0..streams).flat_map(|number| frame(1, 0x5, 2 * number + 1, &head));
    PREFACE.iter().copied().chain(settings).chain(requests).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_is_not_spoken_where_it_was_not_agreed_on() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, watch: false, ..Plan::default() }).await;
        let (server, to) = (Measured::server(&garm), address(&garm));
        let (memory, kept) = (server.resident(), server.connections());
        server.forget_peak();
        let mut silent = Vec::new();
        for number in 0..CLIENTS {
            let mut stream = connect_from(2 + number % 100, to).await;
            stream.write_all(&closed_window(100)).await.expect("sent");
            silent.push(stream);
        }
        assert!(answers(&garm).await);
        for stream in &mut silent {
            let mut answer = Vec::new();
            // What was sent and not read resets the connection, after the answer.
            let _reset = stream.read_to_end(&mut answer).await;
            assert!(!answer.starts_with(&[0, 0]), "a frame of HTTP/2: {answer:?}");
        }
        server.within(Duration::from_secs(20), "all of them are dropped", |server| server.connections() <= kept + 10).await;
        assert!(server.peak() < memory + 40, "{memory} MiB before, {} MiB at most", server.peak());
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_close_their_windows_take_little_and_are_dropped() {
    for database in databases().await {
        let garm = Encrypted::start(&database).await;
        let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build().expect("a client");
        let describe = async || {
            let get = http.get(format!("https://{}{}", garm.address, paths::DESCRIPTION.template()));
            let answer = get.send().await.expect("an answer");
            (answer.version(), answer.text().await.expect("the whole answer").len())
        };
        let (version, length) = describe().await;
        assert!(version == Version::HTTP_2 && length > 50_000, "{version:?}, {length} bytes");

        let server = Measured::process(garm.process());
        let (memory, kept) = (server.resident(), server.connections());
        server.forget_peak();
        let mut clients = Vec::new();
        for number in 0..CLIENTS {
            let mut stream = garm.connect(2 + number % 100, "h2").await;
            stream.write_all(&closed_window(100)).await.expect("sent");
            stream.flush().await.expect("sent");
            clients.push(stream);
        }
        let (_, again) = describe().await;
        assert_eq!(again, length);
        server.within(Duration::from_mins(1), "all of them are dropped", |server| server.connections() <= kept + 10).await;
        // A connection with TLS costs some 100 KiB here; 16 answers of 79 KB for each of them would be 250 MiB.
        assert!(server.peak() < memory + 80, "{memory} MiB before, {} MiB at most", server.peak());
        drop(clients);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_used_without_a_start_and_one_that_cannot_be_used_is_not() {
    for database in databases().await {
        let garm = Encrypted::start(&database).await;
        let first = garm.certificate().await;
        install(garm.dir.path(), "second");
        assert_eq!(garm.certificate().await, first, "not before it is told");
        garm.hang_up("the certificate was read again").await;
        let second = garm.certificate().await;
        assert_ne!(second, first);
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/tls/first.key"), garm.dir.path().join("tls.key")).expect("copied");
        garm.hang_up("the certificate cannot be read again; the old one goes on").await;
        assert_eq!(garm.certificate().await, second, "the key is another one's");
    }
}
