//! Calls of the program.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A secret that must not be seen in any answer.
pub(crate) const TOKEN: &str = "planted-token";

/// What a call came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// The answer of a call that succeeded.
    pub(crate) fn json(&self) -> Value {
        self.is(0, "");
        serde_json::from_str(&self.stdout).unwrap_or_else(|fault| panic!("{fault}: {self:?}"))
    }

    /// The exit status, and what was said.
    pub(crate) fn is(&self, code: i32, said: &str) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.stderr.contains(said), "{self:?}");
    }
}

/// Who calls: an installation with its configuration.
pub(crate) struct Caller {
    dir: TempDir,
    pub(crate) controller: String,
    pub(crate) pool: String,
}

impl Caller {
    pub(crate) fn new(socket: &Path) -> Self {
        let dir = TempDir::new().expect("a directory");
        let caller = Self { dir, controller: "controller-1".into(), pool: "pool-1".into() };
        caller.configure(&format!(
            "unix_socket_path = \"{}\"\nproject_name = \"default\"\ninstance_type = \"container\"\n",
            socket.display()
        ));
        caller
    }

    /// Replaces the configuration.
    pub(crate) fn configure(&self, text: &str) {
        std::fs::write(self.config_file(), text).expect("written");
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.dir.path().join("lxd.toml")
    }

    /// A call about an instance, or about none.
    pub(crate) fn call(&self, command: &str, instance: &str) -> Outcome {
        self.call_with(command, instance, "null", "")
    }

    /// Makes an instance.
    pub(crate) fn create(&self, bootstrap: &Value) -> Outcome {
        self.call_with("CreateInstance", "", "null", &bootstrap.to_string())
    }

    pub(crate) fn call_with(&self, command: &str, instance: &str, extra_specs: &str, stdin: &str) -> Outcome {
        #[expect(clippy::disallowed_methods, reason = "the program under test is a process")]
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_garm-provider-lxd"))
            .env_clear()
            .env("GARM_COMMAND", command)
            .env("GARM_CONTROLLER_ID", &self.controller)
            .env("GARM_POOL_ID", &self.pool)
            .env("GARM_POOL_EXTRASPECS", STANDARD.encode(extra_specs))
            .env("GARM_INSTANCE_ID", instance)
            .env("GARM_PROVIDER_CONFIG_FILE", self.config_file())
            .env("GARM_INTERFACE_VERSION", "v0.1.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut input = child.stdin.take().expect("a pipe");
        // One that does not read its input may have ended.
        drop(input.write_all(stdin.as_bytes()));
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let outcome = Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
        assert!(!outcome.stderr.contains(TOKEN) && !outcome.stdout.contains(TOKEN), "a secret is shown: {outcome:?}");
        outcome
    }
}

/// What a machine is to be, with an install script that does nothing and stays.
pub(crate) fn bootstrap(name: &str, image: &str) -> Value {
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let script = "#!/bin/bash\necho '{{ .CallbackToken }}' >$HOME/token\nexec sleep 1000\n";
    json!({
        "name": name,
        "tools": [{"os": "linux", "architecture": if arch == "arm64" { "arm64" } else { "x64" }, "download_url": "http://x/t", "filename": "t"}],
        "instance-token": TOKEN,
        "extra_specs": {"disable_updates": true, "runner_install_template": STANDARD.encode(script)},
        "os_type": "linux", "arch": arch, "image": image, "flavor": "default", "pool_id": "pool-1",
    })
}
