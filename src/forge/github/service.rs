//! The service that runs a runner on a machine with systemd.

use crate::model::{EntityKind, EntityRef};

/// The name of a runner's service; upstream's and the official runner's form.
pub(super) fn service_name(at: &EntityRef) -> String {
    match at.kind {
        EntityKind::Repository => format!("actions.runner.{}.{}", at.owner, at.name),
        EntityKind::Organization | EntityKind::Enterprise | EntityKind::Instance => format!("actions.runner.{}", at.name),
    }
}

/// The unit file of a GitHub runner.
pub(super) fn unit_file(service_name: &str, user: &str) -> String {
    format!(
        "[Unit]
Description=GitHub Actions Runner ({service_name})
After=network.target

[Service]
ExecStart=/home/{user}/actions-runner/runsvc.sh
User={user}
WorkingDirectory=/home/{user}/actions-runner
KillMode=process
KillSignal=SIGTERM
TimeoutStopSec=5min

[Install]
WantedBy=multi-user.target
"
    )
}
