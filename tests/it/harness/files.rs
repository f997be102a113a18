//! The files of an installation: the servers' configuration, and providers with theirs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::plan::Plan;
use super::secrets::{JWT_SECRET, PASSPHRASE};
use super::server::Server;
use crate::slow_cloud::SlowCloud;

/// Where the provider `local` keeps its machines.
pub(super) fn machines(dir: &Path) -> PathBuf {
    dir.join("machines")
}

/// The cloud behind the provider `slow`.
pub(super) fn slow_cloud(dir: &Path) -> SlowCloud {
    SlowCloud::at(&dir.join("slow"))
}

/// Writes all files into the directory of the test.
pub(super) fn write(dir: &Path, plan: &Plan, servers: &[Server]) {
    fs::create_dir(machines(dir)).expect("a directory");
    let local_config = dir.join("local.conf");
    fs::write(&local_config, format!("base_dir={}\nstop_grace=1\n", machines(dir).display())).expect("written");
    let local = include_str!("../../../providers/local/garm-provider-local");
    let mut providers = String::new();
    for (name, text) in plan.scripts.iter().copied().chain([("local", local)]) {
        let path = dir.join(format!("provider-{name}"));
        // Nothing to write stands for a provider that is missing.
        if !text.is_empty() {
            fs::write(&path, text.replace("@DIR@", &dir.display().to_string())).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        }
        let jit = plan.jit && !plan.without_jit.contains(&name);
        providers += &provider(name, &path, &local_config, jit, plan.exec_timeout);
    }
    if !plan.slow_creates.is_empty() {
        let cloud = slow_cloud(dir);
        cloud.build(&plan.slow_creates);
        // No limit but the pool's: a cloud may take its time.
        providers += &provider("slow", &cloud.executable(), &cloud.config_file(), plan.jit, 0);
    }
    if let Some((name, executable, config)) = &plan.program {
        let config_file = dir.join(format!("{name}.toml"));
        fs::write(&config_file, config).expect("written");
        providers += &provider(name, executable, &config_file, plan.jit, 0);
    }
    let database = plan.database.section(dir);
    for server in servers {
        let config = format!(
            "[apiserver]\nbind = \"{}\"\nport = {port}\ncors_origins = {origins:?}\n[jwt_auth]\nsecret = \"{JWT_SECRET}\"\ntime_to_live = \"24h\"\n\
             [default]\nenable_webhook_management = true\n{settings}[metrics]\nenable = true\n[limits]\n{limits}[logging]\n{logging}[database]\npassphrase = \"{PASSPHRASE}\"\n{database}{providers}",
            server.address.ip(),
            origins = plan.cors_origins,
            port = server.address.port(),
            settings = plan.settings,
            limits = plan.limits,
            logging = plan.logging.replace("@DIR@", &dir.display().to_string())
        );
        fs::write(&server.config, config).expect("written");
    }
}

/// A provider in the server's configuration.
fn provider(name: &str, executable: &Path, config_file: &Path, jit: bool, exec_timeout_secs: u32) -> String {
    format!(
        "[[provider]]\nname = \"{name}\"\nprovider_type = \"external\"\ndescription = \"what {name} makes\"\ndisable_jit_config = {}\n[provider.external]\n\
         provider_executable = \"{}\"\nconfig_file = \"{}\"\nexec_timeout_seconds = {exec_timeout_secs}\n\
         environment_variables = [\"PATH\", \"REPLICA\"]\n",
        !jit,
        executable.display(),
        config_file.display()
    )
}
