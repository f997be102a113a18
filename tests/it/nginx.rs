//! Deliveries through a real nginx with the configuration that we hand out. It keeps its connections to the server, so the answer to one delivery
//! can cost the next.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::sync::Arc;

use garm::api::paths;
use garm::clock::Clock;
use garm::forge::github::signature;
use garm::model::SecretString;
use serde_json::json;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::harness::{Installation, Plan, WEBHOOK_SECRET, skipped};

/// How many deliveries are sent, and over how many connections at once.
const DELIVERIES: i64 = 10_000;
const SENDERS: i64 = 32;

/// The configuration for people.
const SAMPLE: &str = include_str!("../../examples/nginx/garm.conf");

/// What stands around the sample in the configuration of nginx. One process without a master, so that it ends with the test.
const AROUND: &str = "daemon off;
master_process off;
error_log error.log info;
pid nginx.pid;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
";

/// A running nginx in front of a server.
struct Nginx {
    url: String,
    process: Child,
}

impl Nginx {
    /// Starts it with the sample, changed where the sample says so; without encryption, which makes no difference behind nginx.
    async fn start(garm: &Installation) -> Self {
        let ports = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").expect("a free port"));
        let [plain, main] = ports.map(|port| port.local_addr().expect("it listens"));
        let mut sample = SAMPLE.to_owned();
        let changes = [
            ("server 127.0.0.1:9997;".to_owned(), format!("server {};", garm.url.trim_start_matches("http://"))),
            ("listen 80;".to_owned(), format!("listen {plain};")),
            ("listen 443 ssl;".to_owned(), format!("listen {main};")),
        ];
        for (from, to) in changes {
            assert!(sample.contains(&from), "the sample has {from:?}");
            sample = sample.replace(&from, &to);
        }
        let sample: Vec<&str> = sample.lines().filter(|line| !line.trim_start().starts_with("ssl_")).collect();
        let directory = garm.directory().join("nginx");
        fs::create_dir(&directory).expect("a directory");
        fs::write(directory.join("nginx.conf"), format!("{AROUND}{}\n}}\n", sample.join("\n"))).expect("written");
        #[expect(clippy::disallowed_methods, reason = "the proxy lives as long as the test")]
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&directory).args(["-c", "nginx.conf", "-e", "error.log"]).stdin(Stdio::null()).kill_on_drop(true);
        let mut nginx = Self { url: format!("http://{main}"), process: command.spawn().expect("nginx starts") };
        garm.until("nginx listens", async |_| {
            assert_eq!(nginx.process.try_wait().expect("it can be asked"), None, "nginx ended: see {}", directory.display());
            tokio::net::TcpStream::connect(main).await.ok()
        })
        .await;
        nginx
    }
}

/// A delivery to send, and the answer it should get.
struct Delivery {
    event: &'static str,
    body: Vec<u8>,
    signature: Option<String>,
    status: u16,
    /// The job that is known afterwards.
    job: Option<i64>,
}

/// The deliveries of a busy forge: of all kinds, in turns that do not fit each other.
fn delivery(number: i64, web: &str) -> Delivery {
    let fits = matches!(number % 10, 0 | 4);
    // Of a megabyte now and then; some are just at the edge of what is read for the sake of the connection.
    let padding = match number % 23 {
        0 => 1_000_000,
        1..3 => 262_144,
        3..6 => 200_000,
        6..10 => 20_000,
        _ => 0,
    };
    let body = json!({
        "action": "queued",
        "padding": "x".repeat(padding),
        "workflow_job": {
            "id": number + 1, "run_id": 1, "html_url": format!("{web}/octo/hello/actions/runs/1/job/{number}"), "name": "build",
            "created_at": Clock::System.now().to_string(), "labels": if fits { ["self-hosted", "held"] } else { ["self-hosted", "nobodys"] },
        },
        "repository": { "name": "hello", "owner": { "login": "octo" } }
    });
    let body = body.to_string().into_bytes();
    let signed = |secret: &str| Some(signature::sign(&SecretString::from(secret), &body));
    let (event, signature, status) = match number % 10 {
        0 | 4 | 7 => ("workflow_job", signed(WEBHOOK_SECRET), 200),
        1 => ("workflow_job", signed("another secret"), 401),
        2 => ("workflow_job", None, 401),
        3 => ("ping", None, 200),
        6 => ("check_run", signed("another secret"), 200),
        _ => ("push", signed(WEBHOOK_SECRET), 200),
    };
    Delivery { event, signature, status, job: fits.then_some(number + 1), body }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_deliveries_through_nginx_none_is_lost() {
    #[expect(clippy::disallowed_methods, reason = "whether there is an nginx can be seen from outside only")]
    if Command::new("nginx").arg("-v").stderr(Stdio::null()).status().await.is_err() {
        return skipped("the deliveries through nginx: there is no nginx here");
    }
    let garm = Installation::set_up(Plan { watch: false, patience: std::time::Duration::from_mins(3), ..Plan::default() }).await;
    // The pool takes jobs in and makes no runners for them: this is about deliveries.
    garm.add_pool_with("local", "held", |pool| pool.max_runners = 1).await;
    let nginx = Nginx::start(&garm).await;
    let (web, url) = (garm.forge_url().to_owned(), format!("{}{}", nginx.url, paths::WEBHOOKS.template()));
    let http = Arc::new(reqwest::Client::new());
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (http, web, url) = (Arc::clone(&http), web.clone(), url.clone());
        senders.spawn(async move {
            let (mut wrong, mut jobs) = (Vec::new(), BTreeSet::new());
            for number in (sender..DELIVERIES).step_by(usize::try_from(SENDERS).expect("small")) {
                let delivery = delivery(number, &web);
                let size = delivery.body.len();
                let mut request = http.post(&url).header("x-github-event", delivery.event).body(delivery.body);
                request = request.header("x-github-hook-installation-target-type", "repository");
                if let Some(signature) = delivery.signature {
                    request = request.header(signature::HEADER, signature);
                }
                let status = request.send().await.expect("nginx answers").status();
                if status != delivery.status {
                    wrong.push(format!("{number}: {} of {size} bytes was answered {status}, not {}", delivery.event, delivery.status));
                }
                jobs.extend(delivery.job);
            }
            (wrong, jobs)
        });
    }
    let (mut wrong, mut jobs) = (Vec::new(), BTreeSet::new());
    for (faults, sent) in senders.join_all().await {
        wrong.extend(faults);
        jobs.extend(sent);
    }
    assert!(wrong.is_empty(), "{} deliveries of {DELIVERIES} were lost\n{}", wrong.len(), wrong.join("\n"));
    let known: BTreeSet<i64> = garm.jobs().await.into_iter().map(|job| job.workflow_job_id).collect();
    assert!(known == jobs, "{} jobs are known of {}", known.len(), jobs.len());
    garm.finish().await;
}
