//! How scale sets are shown.

use crate::api::ScaleSet;
use crate::cli::output::{Column, field_of_lines, time};
use crate::cli::sets::Machines;

/// The kind of entity that a scale set is for, in upstream's words.
fn level(set: &ScaleSet) -> String {
    let levels = [(&set.repo_id, "repo"), (&set.org_id, "org"), (&set.enterprise_id, "enterprise")];
    levels.into_iter().find(|(id, _)| !id.is_empty()).map(|(_, level)| level.to_owned()).unwrap_or_default()
}

pub(super) fn columns() -> Vec<Column<ScaleSet>> {
    vec![
        Column::number("ID", |set: &ScaleSet| set.id.to_string()),
        Column::text("Scale Set Name", |set| set.name.clone()),
        Column::text("Image", |set| set.image.clone()),
        Column::text("Flavor", |set| set.flavor.clone()),
        Column::text("Belongs to", |set| set.entity_name().to_owned()),
        Column::text("Level", level),
        Column::text("Runner Group", |set| set.github_runner_group.clone()),
        Column::text("Enabled", |set| set.enabled.to_string()),
        Column::text("Runner Prefix", |set| set.runner_prefix.clone()),
        Column::text("Provider", |set| set.provider_name.clone()),
        Column::text("State", |set| set.state.clone()),
    ]
}

/// The fields of a scale set, in the order people know; ours at the end.
pub(super) fn fields(set: &ScaleSet) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("ID", set.id.to_string()),
        ("Scale Set ID", set.scale_set_id.to_string()),
        ("Scale Name", set.name.clone()),
        ("Provider Name", set.provider_name.clone()),
        ("Image", set.image.clone()),
        ("Flavor", set.flavor.clone()),
        ("OS Type", set.os_type.clone()),
        ("OS Architecture", set.os_arch.clone()),
        ("Max Runners", set.max_runners.to_string()),
        ("Min Idle Runners", set.min_idle_runners.to_string()),
        ("Runner Bootstrap Timeout", set.runner_bootstrap_timeout.to_string()),
        ("Belongs to", set.entity_name().to_owned()),
        ("Template", format!("{} (ID: {})", set.template_name, set.template_id)),
        ("Level", level(set)),
        ("Enabled", set.enabled.to_string()),
        ("Runner Prefix", set.runner_prefix.clone()),
        ("Extra specs", set.extra_specs.as_ref().map(|specs| specs.get().to_owned()).unwrap_or_default()),
        ("GitHub Runner Group", set.github_runner_group.clone()),
    ];
    if !set.tags.is_empty() {
        fields.push(("Labels", set.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>().join(", ")));
    }
    let instances = set.instances.iter().map(|instance| format!("{} ({})", instance.name, instance.id));
    fields.extend(field_of_lines("Instances", instances));
    fields.extend([
        ("Created At", time(set.created_at)),
        ("Updated At", time(set.updated_at)),
        ("Endpoint Name", set.endpoint.name.clone()),
        ("State", set.state.clone()),
    ]);
    fields.extend(field_of_lines("About the state", set.extended_state.lines()));
    fields.extend([
        ("Wanted Runners", set.desired_runner_count.to_string()),
        ("Promised Runners", set.promised_runners.to_string()),
        ("Disable Update", set.disable_update.to_string()),
        ("Generation", set.generation.to_string()),
    ]);
    if let Some(session) = &set.session {
        fields.push(("Session", session.stage.clone()));
        fields.extend(session.last_good_at.map(|at| ("Session Last Good", time(at))));
        if !session.error.is_empty() {
            let since = session.failing_since.map(|at| format!(", since {}", time(at))).unwrap_or_default();
            fields.push(("Session Error", format!("{} ({} in a row{since})", session.error, session.failures)));
        }
        fields.extend(session.next_try_at.map(|at| ("Session Next Try", time(at))));
        fields.extend(Some(("Session Remark", session.remark.clone())).filter(|_| !session.remark.is_empty()));
    }
    let machines = Machines {
        made: set.machines_made,
        served: set.machines_served,
        in_vain: &set.machines_in_vain,
        keep_failed_seconds: set.keep_failed_seconds,
        failures: &set.failures,
        version: &set.runner_version,
        version_retires_at: set.runner_version_retires_at,
        paused_until: set.paused_until,
        pause_reason: &set.pause_reason,
    };
    fields.extend(machines.fields());
    fields
}
