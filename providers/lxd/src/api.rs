//! The REST API of LXD and Incus: requests, operations, errors.

use std::error::Error as _;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use reqwest::blocking::{Client, ClientBuilder};
use reqwest::{Certificate, Identity, Method, Url};
use serde_json::Value;

use crate::config::Config;

/// What a request may take; the server waits with an answer for [`WAIT`] at most.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How long one request waits for an operation, in seconds.
const WAIT: u32 = 20;

/// Why the server did not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It said no.
    Refused {
        /// Its code, as of HTTP.
        status: u64,
        /// Its words.
        message: String,
    },
    /// It began and did not succeed.
    Operation(String),
    /// It was not over when the time was.
    Late(String),
    /// There is no understanding it.
    Unreachable(String),
}

impl Fault {
    /// Whether what was asked about is not there.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, message } => write!(f, "{message} ({status})"),
            Self::Operation(message) | Self::Late(message) | Self::Unreachable(message) => f.write_str(message),
        }
    }
}

/// The API, in one project.
pub(crate) struct Api {
    http: Client,
    base: Url,
    project: String,
}

impl Api {
    /// Connects, and makes sure that the project is there: without it everything in it would seem absent.
    pub(crate) fn connect(config: &Config) -> Result<Self, Fault> {
        let builder = Client::builder().timeout(TIMEOUT);
        let (builder, base) = match &config.unix_socket_path {
            Some(path) => (builder.unix_socket(path.as_path()), "http://lxd/"),
            None => (tls(builder, config)?, config.url.as_deref().unwrap_or_default()),
        };
        let base = Url::parse(base).map_err(|fault| Fault::Unreachable(format!("url {base:?}: {fault}")))?;
        let http = builder.build().map_err(|fault| Fault::Unreachable(format!("cannot prepare the connection: {}", chain(&fault))))?;
        let api = Self { http, base, project: config.project_name.clone() };
        match api.get(&["projects", &api.project], &[]) {
            Err(fault) if fault.is_absent() => {
                Err(Fault::Unreachable(format!("there is no project {:?}: make it or change project_name", api.project)))
            }
            other => other.map(|_| api),
        }
    }

    /// Reads what is at a path below `/1.0`.
    pub(crate) fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Fault> {
        self.ask(&Method::GET, path, query, None).map(|answer| answer.metadata)
    }

    /// Changes something and waits until that is done, for so long.
    pub(crate) fn change(&self, method: &Method, path: &[&str], body: Option<&Value>, patience: Duration) -> Result<(), Fault> {
        match self.ask(method, path, &[], body)?.operation {
            Some(operation) => self.wait(&operation, patience),
            None => Ok(()),
        }
    }

    /// Whether there is a file in an instance. No answer of any kind is no.
    pub(crate) fn has_file(&self, instance: &str, file: &str) -> bool {
        let url = self.url(&["instances", instance, "files"], &[("path", file)]);
        self.http.get(url).send().is_ok_and(|response| response.status().is_success())
    }

    /// Waits until nothing is under way with an instance, for so long. Another call, cut off or not, may have left LXD at work on it.
    pub(crate) fn settle(&self, instance: &str, patience: Duration) -> Result<(), Fault> {
        let operations = self.get(&["operations"], &[("recursion", "1")])?;
        let under_way = ["pending", "running", "cancelling"].iter().filter_map(|state| operations[state].as_array()).flatten();
        let concerns = |operation: &&Value| {
            let resources = operation["resources"].as_object().into_iter().flatten();
            let mut paths = resources.flat_map(|(_, paths)| paths.as_array().into_iter().flatten()).filter_map(Value::as_str);
            paths.any(|path| path.split('?').next().is_some_and(|path| path.rsplit('/').next() == Some(instance)))
        };
        for id in under_way.filter(concerns).filter_map(|operation| operation["id"].as_str()) {
            match self.wait(id, patience) {
                // Its end concerns the client that began it.
                Ok(()) | Err(Fault::Operation(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    fn wait(&self, operation: &str, patience: Duration) -> Result<(), Fault> {
        let id = operation.rsplit('/').next().unwrap_or_default();
        let seconds = WAIT.to_string();
        let rounds = patience.as_secs().div_ceil(u64::from(WAIT)).max(1);
        for _ in 0..rounds {
            let state = match self.get(&["operations", id, "wait"], &[("timeout", &seconds)]) {
                // It is forgotten some seconds after its end; a client that wants to know more looks at the instance.
                Err(fault) if fault.is_absent() => return Ok(()),
                other => other?,
            };
            match state["status_code"].as_u64().unwrap_or_default() {
                200 => return Ok(()),
                400.. => {
                    let said = state["err"].as_str().filter(|said| !said.is_empty()).unwrap_or("the operation failed without a reason");
                    return Err(Fault::Operation(one_line(said)));
                }
                _ => {}
            }
        }
        Err(Fault::Late(format!("LXD is still at it after {} seconds", patience.as_secs())))
    }

    fn ask(&self, method: &Method, path: &[&str], query: &[(&str, &str)], body: Option<&Value>) -> Result<Answer, Fault> {
        let url = self.url(path, query);
        let request = self.http.request(method.clone(), url.clone());
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let unreachable = |fault: reqwest::Error| Fault::Unreachable(format!("{method} {}: {}", url.path(), chain(&fault.without_url())));
        let response = request.send().map_err(unreachable)?;
        let status = response.status();
        let mut answer: Value = serde_json::from_slice(&response.bytes().map_err(unreachable)?)
            .map_err(|_| Fault::Unreachable(format!("{method} {}: the answer, HTTP {status}, is not LXD's", url.path())))?;
        if answer["type"] == "error" || !status.is_success() {
            let code = answer["error_code"].as_u64().filter(|code| *code != 0).unwrap_or(u64::from(status.as_u16()));
            let message = one_line(answer["error"].as_str().unwrap_or("no reason given"));
            return Err(Fault::Refused { status: code, message });
        }
        let operation = (answer["type"] == "async").then(|| answer["operation"].as_str().unwrap_or_default().to_owned());
        Ok(Answer { metadata: answer["metadata"].take(), operation })
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("http and https addresses have paths").pop_if_empty().push("1.0").extend(path);
        url.query_pairs_mut().append_pair("project", &self.project).extend_pairs(query);
        url
    }
}

struct Answer {
    metadata: Value,
    operation: Option<String>,
}

/// Shows the client's certificate, and trusts the server as the configuration says.
fn tls(builder: ClientBuilder, config: &Config) -> Result<ClientBuilder, Fault> {
    let mut identity = Vec::new();
    for path in [&config.client_certificate, &config.client_key].into_iter().flatten() {
        identity.extend(read(path)?);
        identity.push(b'\n');
    }
    let unusable = |what: &str, fault: &reqwest::Error| Fault::Unreachable(format!("{what} cannot be used: {}", chain(fault)));
    let identity = Identity::from_pem(&identity).map_err(|fault| unusable("client_certificate with client_key", &fault))?;
    let builder = builder.identity(identity).https_only(true);
    let trusted = |name: &str, path: &Path| {
        Certificate::from_pem(&read(path)?).map_err(|fault| unusable(&format!("{name} {}", path.display()), &fault))
    };
    Ok(match (&config.tls_server_certificate, &config.tls_ca) {
        // LXD makes its certificate before it knows by which name it will be reached. As the only root, it proves itself.
        (Some(path), _) => builder.tls_certs_only([trusted("tls_server_certificate", path)?]).tls_danger_accept_invalid_hostnames(true),
        (None, Some(path)) => builder.tls_certs_only([trusted("tls_ca", path)?]),
        (None, None) => builder,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    std::fs::read(path).map_err(|fault| Fault::Unreachable(format!("cannot read {}: {fault}", path.display())))
}

/// An error with its causes.
fn chain(fault: &reqwest::Error) -> String {
    let mut texts = vec![fault.to_string()];
    let mut cause = fault.source();
    while let Some(fault) = cause {
        texts.push(fault.to_string());
        cause = fault.source();
    }
    one_line(&texts.join(": "))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
