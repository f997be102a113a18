//! What runs on the machines of the [slow cloud](crate::slow_cloud), played by this process: each machine does over HTTP what the Linux scripts
//! do, towards the server first (`github_linux.sh.tmpl`) and then towards the fake forge (`run.sh`). Processes of their own for hundreds of
//! machines would be too many.
//!
//! It is as patient as the scripts are: it asks again while there is no answer, the connection breaks, or the server is out of order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use garm::model::RunnerVersion;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::slow_cloud::{Machine, SlowCloud};

/// How long a job takes.
const JOB: Duration = Duration::from_millis(200);
/// How often the cloud is looked at for machines that appear and go.
const LOOK: Duration = Duration::from_millis(20);
/// The five minutes of the scripts, in steps of the same length.
const RETRIES: u32 = 1200;
const RETRY_DELAY: Duration = Duration::from_millis(250);
/// How long the runner waits before it asks the forge again after something unexpected.
const PAUSE: Duration = Duration::from_secs(1);

/// How often a runner that is never given a job tells the forge that it is there.
const BEAT: Duration = Duration::from_secs(5);

/// How often a runner that has a job tells the forge that it is there.
const BUSY_BEAT: Duration = Duration::from_secs(3);

/// Steps that are more than a moment's work. Any other one succeeds.
pub(crate) mod steps {
    /// It fails.
    pub(crate) const FAILS: &str = "fails";
    /// It fails, and its runner does not get to say that the job is over.
    pub(crate) const FAILS_AND_HANGS: &str = "fails and hangs";
    /// It never ends.
    pub(crate) const HANGS: &str = "hangs";
    /// It never ends on the first machine of a job of this name, and succeeds on every other one.
    pub(crate) const HANGS_ONCE: &str = "hangs once";
}

/// What the machines of a cloud are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conduct {
    /// Each takes a job.
    Useful,
    /// They report `failed` at once.
    FailsAtOnce,
    /// They report `terminated` at once.
    EndsAtOnce,
    /// They report `idle`, and their runners never connect to the forge.
    NeverConnects,
    /// Their runners connect, and the forge gives them no job.
    NeverGivenJob,
}

/// What became of each machine's software, by name of the machine.
type Stories = Arc<Mutex<BTreeMap<String, String>>>;

/// The names of jobs that hang no more.
type Hung = Arc<Mutex<BTreeSet<String>>>;

/// The guests of a cloud; they stop when this is dropped.
pub(crate) struct Guests {
    watch: JoinHandle<()>,
    stories: Stories,
}

impl Guests {
    /// Plays every machine that appears, until it goes.
    pub(crate) fn start(cloud: SlowCloud) -> Self {
        Self::behaving(cloud, Conduct::Useful)
    }

    /// The same, for machines that are good for this.
    pub(crate) fn behaving(cloud: SlowCloud, conduct: Conduct) -> Self {
        let stories = Stories::default();
        let watch = tokio::spawn(watch(cloud, conduct, Arc::clone(&stories)));
        Self { watch, stories }
    }

    /// What became of the machines that did not end as they should.
    pub(crate) fn failures(&self) -> Vec<String> {
        let stories = self.stories.lock().expect("no panic");
        stories.iter().filter(|(_, story)| *story != DONE).map(|(name, story)| format!("{name}: {story}")).collect()
    }
}

impl Drop for Guests {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

const DONE: &str = "has had its job";

/// A guest that is aborted when its machine goes.
struct Playing(JoinHandle<()>);

impl Drop for Playing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn watch(cloud: SlowCloud, conduct: Conduct, stories: Stories) {
    // A machine is a new host: it keeps no connection that its forerunner had.
    let to_server = Client::builder().no_proxy().pool_max_idle_per_host(0).build().expect("a client");
    let to_forge = Client::builder().no_proxy().build().expect("a client");
    let mut playing: HashMap<Machine, Playing> = HashMap::new();
    let hung = Hung::default();
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        let there = cloud.machines();
        playing.retain(|machine, _| there.contains(machine));
        for machine in there {
            let (to_server, to_forge, stories, hung) = (to_server.clone(), to_forge.clone(), Arc::clone(&stories), Arc::clone(&hung));
            playing.entry(machine).or_insert_with_key(|machine| {
                let machine = machine.clone();
                Playing(tokio::spawn(async move {
                    let tell = |story: String| drop(stories.lock().expect("no panic").insert(machine.name.clone(), story));
                    // Gone between two looks.
                    let Ok(bootstrap) = std::fs::read(&machine.file) else { return };
                    tell("is at work".to_owned());
                    let bootstrap: Value = serde_json::from_slice(&bootstrap).expect("the cloud keeps what it was told");
                    let guest = Guest { name: text(&bootstrap, "name"), bootstrap, conduct, to_server, to_forge, hung };
                    tell(match guest.play().await {
                        Ok(()) => DONE.to_owned(),
                        Err(fault) => fault,
                    });
                }))
            });
        }
    }
}

/// The software of one machine.
struct Guest {
    name: String,
    bootstrap: Value,
    conduct: Conduct,
    to_server: Client,
    to_forge: Client,
    hung: Hung,
}

/// What a runner knows from the files of its just-in-time configuration.
struct Identity {
    agent_id: i64,
    forge: String,
    secret: String,
}

/// The session of a runner at the forge.
struct Session<'a> {
    guest: &'a Guest,
    identity: Identity,
    number: String,
}

impl Guest {
    async fn play(&self) -> Result<(), String> {
        if self.conduct == Conduct::FailsAtOnce {
            self.report("failed", "no space left on device", None).await;
            return Err("fails at once".to_owned());
        }
        if self.conduct == Conduct::EndsAtOnce {
            self.report("terminated", "the runner has ended", None).await;
            return Err("ends at once".to_owned());
        }
        let ready = async {
            let identity = self.install().await?;
            if self.conduct == Conduct::NeverConnects {
                self.report("idle", "runner successfully installed", Some(identity.agent_id)).await;
                return std::future::pending().await;
            }
            self.system_info(identity.agent_id).await;
            Session::open(self, identity).await
        };
        match ready.await {
            Ok(session) => {
                // The runner listens, and then that is reported.
                let agent_id = session.identity.agent_id;
                tokio::join!(run(session), self.report("idle", "runner successfully installed", Some(agent_id))).0
            }
            Err(fault) => {
                self.report("failed", &fault, None).await;
                Err(fault)
            }
        }
    }

    /// The version of the runner that its provider was told to install.
    fn version(&self) -> String {
        let tools = self.bootstrap["tools"].as_array().expect("downloads");
        let tool = tools.iter().find(|tool| tool["os"] == "linux" && tool["architecture"] == "x64").expect("one for this machine");
        RunnerVersion::in_file_name(&text(tool, "filename")).expect("a version").to_string()
    }

    async fn install(&self) -> Result<Identity, String> {
        self.metadata("install-script").await?;
        self.report("installing", "downloading JIT credentials", None).await;
        let runner = self.json_file("runner").await?;
        self.metadata("credentials/credentials").await?;
        let key = self.json_file("credentials_rsaparams").await?;
        let agent_id = runner["agentId"].as_i64().ok_or("the runner's file has no number")?;
        Ok(Identity { agent_id, forge: text(&runner, "serverUrl"), secret: text(&key, "secret") })
    }

    async fn json_file(&self, name: &str) -> Result<Value, String> {
        let bytes = self.metadata(&format!("credentials/{name}")).await?;
        serde_json::from_slice(&bytes).map_err(|fault| format!("{name}: {fault}"))
    }

    async fn metadata(&self, path: &str) -> Result<Vec<u8>, String> {
        let url = format!("{}/{path}", text(&self.bootstrap, "metadata-url"));
        self.with_token(|| self.to_server.get(&url)).await.map_err(|fault| format!("{path}: {fault}"))
    }

    /// A report that does not arrive must not keep the runner from its work.
    async fn report(&self, status: &str, message: &str, agent_id: Option<i64>) {
        let url = format!("{}/status", text(&self.bootstrap, "callback-url"));
        let body = json!({ "status": status, "message": message, "agent_id": agent_id });
        drop(self.with_token(|| self.to_server.post(&url).json(&body)).await);
    }

    async fn system_info(&self, agent_id: i64) {
        let url = format!("{}/system-info", text(&self.bootstrap, "callback-url"));
        let body = json!({ "os_name": "slow", "os_version": "1", "agent_id": agent_id });
        drop(self.with_token(|| self.to_server.post(&url).json(&body)).await);
    }

    async fn with_token(&self, request: impl Fn() -> RequestBuilder) -> Result<Vec<u8>, String> {
        let token = text(&self.bootstrap, "instance-token");
        let mut attempt = 0;
        loop {
            let answer = async {
                let response = request().bearer_auth(&token).timeout(Duration::from_mins(1)).send().await?;
                Ok::<_, reqwest::Error>((response.status(), response.bytes().await?))
            };
            match answer.await {
                Ok((status, bytes)) if status.is_success() => return Ok(bytes.to_vec()),
                Ok((status, _)) if attempt == RETRIES || !(status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS) => {
                    return Err(format!("HTTP {status}"));
                }
                Err(fault) if attempt == RETRIES => return Err(format!("no answer: {fault:?}")),
                Ok(_) | Err(_) => {}
            }
            attempt += 1;
            tokio::time::sleep(RETRY_DELAY).await;
        }
    }
}

/// The runner: waits for a job, runs it, ends.
async fn run(mut session: Session<'_>) -> Result<(), String> {
    if session.guest.conduct == Conduct::NeverGivenJob {
        loop {
            session.send(Method::POST, "session/heartbeat", String::new()).await;
            tokio::time::sleep(BEAT).await;
        }
    }
    loop {
        match session.send(Method::GET, "message", String::new()).await {
            Some((StatusCode::OK, message)) => {
                if session.take_job(&message).await? {
                    return Ok(());
                }
            }
            Some((StatusCode::NO_CONTENT, _)) => {}
            Some((StatusCode::CONFLICT, _)) => session = Session::open(session.guest, session.identity).await?,
            Some((StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::GONE, told)) => {
                return Err(format!("the runner registration has been deleted from the server: {told}"));
            }
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
}

impl<'a> Session<'a> {
    async fn open(guest: &'a Guest, identity: Identity) -> Result<Self, String> {
        let mut session = Self { guest, identity, number: String::new() };
        loop {
            match session.send(Method::POST, &format!("session?version={}", guest.version()), String::new()).await {
                Some((status, told)) if status.is_success() => {
                    line(&told, "session").unwrap_or_default().clone_into(&mut session.number);
                    return Ok(session);
                }
                Some((status, told)) if status.is_client_error() => return Err(format!("no session, {status}: {told}")),
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// One request to the forge, with its status and text; nothing when there is no answer.
    async fn send(&self, method: Method, path: &str, body: String) -> Option<(StatusCode, String)> {
        let request = self.guest.to_forge.request(method, format!("{}/_runner/{path}", self.identity.forge));
        let response = request.bearer_auth(&self.identity.secret).header("X-Runner-Session", &self.number).body(body).send().await.ok()?;
        Some((response.status(), response.text().await.ok()?))
    }

    /// Runs the job of a message; answers whether there was one: the forge may have taken it back.
    async fn take_job(&self, message: &str) -> Result<bool, String> {
        let job = line(message, "job").ok_or("a message without a job")?;
        if !self.report(&format!("jobs/{job}/started"), String::new()).await?.is_success() {
            return Ok(false);
        }
        tokio::time::sleep(JOB).await;
        let mut conclusion = "success";
        let steps = message.lines().filter_map(|line| line.strip_prefix("step "));
        for (number, step) in (1..).zip(steps) {
            let step = decoded(step)?;
            let fails = [steps::FAILS, steps::FAILS_AND_HANGS].contains(&step.as_str());
            if step == steps::HANGS || (step == steps::HANGS_ONCE && self.is_first(message)?) {
                return self.hang().await;
            }
            let path = format!("jobs/{job}/steps/{number}?exit_code={}", i32::from(fails));
            self.report(&path, format!("on {}\n", self.guest.name)).await?;
            if step == steps::FAILS_AND_HANGS {
                return self.hang().await;
            }
            if fails {
                conclusion = "failure";
                break;
            }
        }
        let status = self.report(&format!("jobs/{job}/finished?conclusion={conclusion}"), String::new()).await?;
        if status.is_success() { Ok(true) } else { Err(format!("the forge does not want to know that job {job} is over: {status}")) }
    }

    /// Whether no job of the same name ran before.
    fn is_first(&self, message: &str) -> Result<bool, String> {
        let name = decoded(line(message, "name").unwrap_or_default())?;
        Ok(self.guest.hung.lock().expect("no panic").insert(name))
    }

    /// Works on, until the forge takes the job away.
    async fn hang(&self) -> Result<bool, String> {
        while self.report("session/heartbeat", String::new()).await?.is_success() {
            tokio::time::sleep(BUSY_BEAT).await;
        }
        Err("the forge took the job away".to_owned())
    }

    async fn report(&self, path: &str, body: String) -> Result<StatusCode, String> {
        self.send(Method::POST, path, body).await.map(|(status, _)| status).ok_or_else(|| format!("{path}: the forge does not answer"))
    }
}

fn text(object: &Value, key: &str) -> String {
    object[key].as_str().unwrap_or_default().trim_end_matches('/').to_owned()
}

fn decoded(text: &str) -> Result<String, String> {
    let bytes = STANDARD.decode(text).map_err(|fault| format!("{text:?}: {fault}"))?;
    String::from_utf8(bytes).map_err(|fault| fault.to_string())
}

/// The rest of the line that begins with this word.
fn line<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
}
