//! How pools are shown.

use crate::api::Pool;
use crate::cli::entity::per_run;
use crate::cli::output::{Column, field_of_lines, time};
use crate::cli::sets::Machines;

/// How wide a column of images may be.
const IMAGE_WIDTH: usize = 40;

fn tags(pool: &Pool, separator: &str) -> String {
    pool.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>().join(separator)
}

/// The kind of entity that a pool is for, in upstream's words.
fn level(pool: &Pool) -> String {
    let levels =
        [(&pool.repo_id, "repo"), (&pool.org_id, "org"), (&pool.enterprise_id, "enterprise"), (&pool.forge_instance_id, "forge-instance")];
    levels.into_iter().find(|(id, _)| !id.is_empty()).map(|(_, level)| level.to_owned()).unwrap_or_default()
}

pub(super) fn columns(long: bool) -> Vec<Column<Pool>> {
    let mut columns = vec![
        Column::text("ID", |pool: &Pool| pool.id.clone()),
        Column::text("Image", |pool: &Pool| pool.image.clone()).wrapped_at(IMAGE_WIDTH),
        Column::text("Flavor", |pool| pool.flavor.clone()),
        Column::text("Tags", |pool| tags(pool, " ")),
        Column::text("Belongs to", |pool| pool.entity_name().to_owned()),
        Column::text("Endpoint", |pool| pool.endpoint.name.clone()),
        Column::text("Forge Type", |pool| pool.endpoint.endpoint_type.clone()),
        Column::text("Enabled", |pool| pool.enabled.to_string()),
    ];
    if long {
        columns.extend([
            Column::text("Level", level),
            Column::text("Created At", |pool: &Pool| time(pool.created_at)),
            Column::text("Updated at", |pool| time(pool.updated_at)),
            Column::text("Runner Prefix", |pool| pool.runner_prefix.clone()),
            Column::number("Priority", |pool| pool.priority.to_string()),
        ]);
    }
    columns.extend([
        Column::text("Provider", |pool: &Pool| pool.provider_name.clone()),
        Column::number("Min idle", |pool| pool.min_idle_runners.to_string()),
        Column::number("Max", |pool| pool.max_runners.to_string()),
    ]);
    columns
}

pub(super) fn fields(pool: &Pool) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("ID", pool.id.clone()),
        ("Created At", time(pool.created_at)),
        ("Updated At", time(pool.updated_at)),
        ("Provider Name", pool.provider_name.clone()),
        ("Priority", pool.priority.to_string()),
        ("Image", pool.image.clone()),
        ("Flavor", pool.flavor.clone()),
        ("OS Type", pool.os_type.clone()),
        ("OS Architecture", pool.os_arch.clone()),
        ("Max Runners", pool.max_runners.to_string()),
        ("Min Idle Runners", pool.min_idle_runners.to_string()),
        ("Runner Bootstrap Timeout", pool.runner_bootstrap_timeout.to_string()),
        ("Tags", tags(pool, ", ")),
        ("Belongs to", pool.entity_name().to_owned()),
        ("Level", level(pool)),
        ("Template", format!("{} (ID: {})", pool.template_name, pool.template_id)),
        ("Enabled", pool.enabled.to_string()),
        ("Runner Prefix", pool.runner_prefix.clone()),
        ("Extra specs", pool.extra_specs.as_ref().map(|specs| specs.get().to_owned()).unwrap_or_default()),
        ("GitHub Runner Group", pool.github_runner_group.clone()),
        ("Forge Type", pool.endpoint.endpoint_type.clone()),
        ("Endpoint Name", pool.endpoint.name.clone()),
    ];
    let instances = pool.instances.iter().map(|instance| format!("{} ({})", instance.name, instance.id));
    fields.extend(field_of_lines("Instances", instances));
    fields.push(("Generation", pool.generation.to_string()));
    if let Some(limit) = pool.rerun_lost {
        fields.push(("Rerun Lost", per_run(limit)));
    }
    let machines = Machines {
        made: pool.machines_made,
        served: pool.machines_served,
        in_vain: &pool.machines_in_vain,
        keep_failed_seconds: pool.keep_failed_seconds,
        failures: &pool.failures,
        version: &pool.runner_version,
        version_retires_at: pool.runner_version_retires_at,
        paused_until: pool.paused_until,
        pause_reason: &pool.pause_reason,
    };
    fields.extend(machines.fields());
    fields
}
