//! How repositories, organizations and enterprises are shown.

use crate::api::Entity;
use crate::cli::output::{Column, field_of_lines, time};
use crate::model::EntityKind;

/// The name that people use: `owner/name` for a repository.
pub(in crate::cli) fn name(entity: &Entity) -> String {
    if entity.owner.is_empty() { entity.name.clone() } else { format!("{}/{}", entity.owner, entity.name) }
}

/// How often a job is run again that lost its machine.
pub(in crate::cli) fn per_run(limit: u32) -> String {
    match limit {
        0 => "not at all".to_owned(),
        1 => "once for each job of a run".to_owned(),
        limit => format!("{limit} times for each job of a run"),
    }
}

pub(super) fn columns(kind: EntityKind, long: bool) -> Vec<Column<Entity>> {
    let mut columns = vec![Column::text("ID", |entity: &Entity| entity.id.clone())];
    if kind == EntityKind::Repository {
        columns.push(Column::text("Owner", |entity| entity.owner.clone()));
    }
    columns.extend([
        Column::text("Name", |entity: &Entity| entity.name.clone()),
        Column::text("Endpoint", |entity| entity.endpoint.name.clone()),
        Column::text("Credentials name", |entity| entity.credentials_name.clone()),
        Column::text("Pool Balancer Type", |entity| entity.pool_balancing_type.clone()),
    ]);
    if kind != EntityKind::Enterprise {
        columns.push(Column::text("Forge type", |entity| entity.endpoint.endpoint_type.clone()));
    }
    columns.push(Column::text("Pool mgr running", |entity| entity.pool_manager_status.running.to_string()));
    if long {
        columns.push(Column::text("Created At", |entity| time(entity.created_at)));
        columns.push(Column::text("Updated At", |entity| time(entity.updated_at)));
    }
    columns
}

pub(super) fn fields(kind: EntityKind, entity: &Entity) -> Vec<(&'static str, String)> {
    let mut fields = vec![("ID", entity.id.clone()), ("Created At", time(entity.created_at)), ("Updated At", time(entity.updated_at))];
    if kind == EntityKind::Repository {
        fields.push(("Owner", entity.owner.clone()));
    }
    fields.extend([
        ("Name", entity.name.clone()),
        ("Endpoint", entity.endpoint.name.clone()),
        ("Pool balancer type", entity.pool_balancing_type.clone()),
        ("Credentials", entity.credentials_name.clone()),
        (if kind == EntityKind::Organization { "Agent mode" } else { "Agent Mode" }, entity.agent_mode.to_string()),
        ("Pool manager running", entity.pool_manager_status.running.to_string()),
    ]);
    if !entity.pool_manager_status.running {
        fields.push(("Failure reason", entity.pool_manager_status.failure_reason.clone()));
    }
    if !entity.more_credentials.is_empty() {
        fields.push(("In turn with", entity.more_credentials.join(", ")));
    }
    if entity.rerun_lost > 0 || entity.rerun_lost_per_day > 0 {
        fields.push(("Rerun Lost", format!("{}, {} jobs in 24 hours", per_run(entity.rerun_lost), entity.rerun_lost_per_day)));
    }
    let events = entity.events.iter();
    let events = events.map(|told| format!("{} {}: {}", told.created_at.to_short_string(), told.event_level.to_uppercase(), told.message));
    fields.extend(field_of_lines("Pools", entity.pool.iter().map(|pool| pool.id.as_str())));
    fields.extend(field_of_lines("Events", events));
    if entity.pool_manager_status.running && entity.pool.is_empty() {
        fields.push(("Note", "there is no pool yet, so nobody asked the forge whether it can be used".to_owned()));
    }
    fields
}
