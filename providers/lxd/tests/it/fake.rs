//! A small fake of LXD on a unix socket. It knows instances, one image and operations, does everything at once, and fails where it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What goes wrong.
#[derive(Clone, Copy)]
pub(crate) enum Wrong {
    /// A request is refused, with this code and text.
    Refused(u64, &'static str),
    /// An operation begins and fails.
    Fails(&'static str),
    /// Somebody else deletes the instance just before.
    Deleted,
    /// Somebody else stops the instance just before.
    Stopped,
    /// Nothing: the request is served.
    Nothing,
}

#[derive(Default)]
pub(crate) struct World {
    /// By name, as LXD tells of them.
    pub(crate) instances: BTreeMap<String, Value>,
    /// What each next request that begins so comes to.
    pub(crate) wrongs: VecDeque<(&'static str, Wrong)>,
    /// Operations that are under way until somebody waits for them.
    pub(crate) under_way: BTreeMap<String, Value>,
    /// Whether instances have cloud-init's file.
    pub(crate) has_fetched: bool,
    /// Whether instances that are started stop at once.
    pub(crate) dies: bool,
    /// Every request, in order.
    pub(crate) requests: Vec<String>,
    failed: BTreeMap<String, &'static str>,
}

pub(crate) struct Fake {
    dir: TempDir,
    world: Arc<Mutex<World>>,
}

pub(crate) const IMAGE: &str = "debian/12";
const FINGERPRINT: &str = "aabbccddeeff";

impl Fake {
    pub(crate) fn start() -> Self {
        let dir = TempDir::new().expect("a directory");
        let world = Arc::new(Mutex::new(World { has_fetched: true, ..World::default() }));
        let listener = UnixListener::bind(dir.path().join("socket")).expect("it listens");
        let served = Arc::clone(&world);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let world = Arc::clone(&served);
                std::thread::spawn(move || serve(&stream, &world));
            }
        });
        Self { dir, world }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("socket")
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("no panic")
    }

    /// An instance that is there already.
    pub(crate) fn has(&self, name: &str, controller: &str, status: &str, last_used_at: &str) {
        let config = json!({"user.runner-controller-id": controller, "user.runner-pool-id": "pool-1", "user.user-data": "#cloud-config"});
        let instance = json!({"name": name, "status": status, "architecture": "x86_64", "config": config, "last_used_at": last_used_at});
        self.world().instances.insert(name.to_owned(), instance);
    }

    pub(crate) fn goes_wrong(&self, on: &'static str, wrong: Wrong) {
        self.world().wrongs.push_back((on, wrong));
    }

    /// How many requests began so.
    pub(crate) fn asked(&self, request: &str) -> usize {
        self.world().requests.iter().filter(|made| made.starts_with(request)).count()
    }
}

fn serve(stream: &UnixStream, world: &Mutex<World>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).expect("a header");
            let header = header.trim().to_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        let mut words = first.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let answer = world.lock().expect("no panic").answer(method, target, &serde_json::from_slice(&body).unwrap_or_default());
        let (code, answer) = match answer {
            Ok(answer) => (200, answer),
            Err((code, error)) => (code, json!({"type": "error", "error_code": code, "error": error})),
        };
        let text = answer.to_string();
        let sent = write!(&mut &*stream, "HTTP/1.1 {code} X\r\nContent-Length: {}\r\n\r\n{text}", text.len());
        if sent.is_err() {
            return;
        }
    }
}

type Answer = Result<Value, (u64, &'static str)>;

const ABSENT: (u64, &str) = (404, "Instance not found");

fn sync(metadata: impl Into<Value>) -> Value {
    json!({"type": "sync", "metadata": metadata.into()})
}

impl World {
    fn answer(&mut self, method: &str, target: &str, body: &Value) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = format!("{method} {}", path.trim_start_matches("/1.0/"));
        self.requests.push(request.clone());
        assert!(query.contains("project=default") || query.contains("project=other"), "{target}");
        let at = self.wrongs.iter().position(|(on, _)| request.starts_with(on));
        let wrong = at.and_then(|at| self.wrongs.remove(at)).map_or(Wrong::Nothing, |(_, wrong)| wrong);
        let parts: Vec<&str> = path.trim_start_matches("/1.0/").split('/').collect();
        let name = parts.get(1).copied().unwrap_or_default();
        match wrong {
            Wrong::Refused(code, error) => return Err((code, error)),
            Wrong::Fails(error) => return Ok(self.operation(Some(error))),
            Wrong::Deleted => drop(self.instances.remove(name)),
            Wrong::Stopped => self.instances.get_mut(name).expect("it is there")["status"] = "Stopped".into(),
            Wrong::Nothing => {}
        }
        match (method, &parts[..]) {
            ("GET", ["projects", "default"]) => Ok(sync(json!({}))),
            ("GET", ["projects", _]) => Err((404, "Project not found")),
            ("GET", ["images", "aliases", rest @ ..]) if rest.join("/") == IMAGE => Ok(sync(json!({"target": FINGERPRINT}))),
            ("GET", ["images", FINGERPRINT]) => {
                Ok(sync(json!({"fingerprint": FINGERPRINT, "architecture": std::env::consts::ARCH, "type": "container"})))
            }
            ("GET", ["images", ..]) => Err((404, "Image not found")),
            ("GET", ["instances"]) => Ok(sync(self.instances.values().cloned().collect::<Vec<_>>())),
            ("POST", ["instances"]) => Ok(self.make(body)),
            ("GET", ["instances", name]) => Ok(sync(self.instances.get(*name).ok_or(ABSENT)?.clone())),
            ("PATCH", ["instances", name]) => self.patch(name, body),
            ("DELETE", ["instances", name]) => self.delete(name),
            ("PUT", ["instances", name, "state"]) => self.turn(name, &body["action"]),
            ("GET", ["instances", _, "files"]) => {
                if self.has_fetched {
                    Ok(sync("content"))
                } else {
                    Err((404, "Not Found"))
                }
            }
            ("GET", ["operations"]) => Ok(sync(json!({"running": self.under_way.values().collect::<Vec<_>>()}))),
            ("GET", ["operations", id, "wait"]) => Ok(self.wait(id)),
            _ => Err((400, "the fake does not know this request")),
        }
    }

    fn operation(&mut self, failure: Option<&'static str>) -> Value {
        let id = format!("operation-{}", self.requests.len());
        if let Some(failure) = failure {
            self.failed.insert(id.clone(), failure);
        }
        json!({"type": "async", "operation": format!("/1.0/operations/{id}"), "metadata": {}})
    }

    fn wait(&mut self, id: &str) -> Value {
        self.under_way.remove(id);
        match self.failed.get(id) {
            Some(failure) => sync(json!({"status_code": 400, "err": failure})),
            None => sync(json!({"status_code": 200, "err": ""})),
        }
    }

    fn make(&mut self, body: &Value) -> Value {
        let mut instance = body.clone();
        instance["status"] = "Stopped".into();
        instance["last_used_at"] = "1970-01-01T00:00:00Z".into();
        instance["expanded_config"] = json!({"image.os": "Debian", "image.release": "bookworm"});
        self.instances.insert(body["name"].as_str().expect("a name").to_owned(), instance);
        self.operation(None)
    }

    fn patch(&mut self, name: &str, body: &Value) -> Answer {
        let instance = self.instances.get_mut(name).ok_or(ABSENT)?;
        for (key, value) in body["config"].as_object().expect("an object") {
            let config = instance["config"].as_object_mut().expect("an object");
            if value == "" { drop(config.remove(key)) } else { drop(config.insert(key.clone(), value.clone())) }
        }
        instance["description"] = body["description"].clone();
        Ok(sync(json!({})))
    }

    fn delete(&mut self, name: &str) -> Answer {
        let instance = self.instances.get(name).ok_or(ABSENT)?;
        if instance["status"] == "Running" {
            return Err((400, "Instance is running"));
        }
        self.instances.remove(name);
        Ok(self.operation(None))
    }

    fn turn(&mut self, name: &str, action: &Value) -> Answer {
        let dies = self.dies;
        let instance = self.instances.get_mut(name).ok_or(ABSENT)?;
        let failure = match (action.as_str(), instance["status"].as_str()) {
            (Some("start"), Some("Running")) => Some("The instance is already running"),
            (Some("stop"), Some("Stopped")) => Some("The instance is already stopped"),
            _ => None,
        };
        if failure.is_none() {
            let runs = action == "start" && !dies;
            instance["status"] = if runs { "Running" } else { "Stopped" }.into();
            instance["last_used_at"] = "2026-01-02T03:04:05Z".into();
            let address = json!({"eth0": {"addresses": [{"scope": "global", "address": "10.0.0.7"}]}});
            instance["state"] = json!({"status": instance["status"].clone(), "network": if runs { address } else { Value::Null }});
        }
        Ok(self.operation(failure))
    }
}
