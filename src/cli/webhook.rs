//! `garm webhook`: what webhooks have delivered, and what became of it.

use std::time::Duration;

use clap::Subcommand;

use super::output::{Column, time};
use super::{Context, Error};
use crate::api::Delivery;
use crate::client::DeliveryFilter;
use crate::clock::Clock;
use crate::time::parse_duration;

/// Shows what webhooks have delivered, and what became of it.
#[derive(Debug, Subcommand)]
pub(super) enum WebhookCommand {
    /// Lists the deliveries that came in, the latest first
    Deliveries(DeliveriesArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct DeliveriesArgs {
    /// Only those of this entity: its id, or its name such as octo/hello
    #[arg(long)]
    entity: Option<String>,
    /// Only those with this verdict: taken, late, `not_wanted`, old or refused
    #[arg(long)]
    verdict: Option<String>,
    /// Only those of this event, such as `workflow_job`
    #[arg(long)]
    event: Option<String>,
    /// Only those that came in within this time, such as 2h
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<Duration>,
    /// Only those about the job with this number at the forge
    #[arg(long)]
    job: Option<i64>,
    /// How many at most, up to 1000
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

impl WebhookCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let Self::Deliveries(args) = self;
        let filter = DeliveryFilter {
            entity: args.entity,
            verdict: args.verdict,
            event: args.event,
            since: args.since.map(|within| Clock::System.now().before(within)),
            job: args.job,
            before: None,
            limit: Some(args.limit),
        };
        let found = context.client()?.deliveries(&filter).await?;
        if found.is_empty() {
            return context.out.nothing("no delivery came in that fits");
        }
        context.out.list(&found, &columns())
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "write a duration such as 90s, 30m or 2h".to_owned())
}

fn columns() -> [Column<Delivery>; 9] {
    [
        Column::text("Received At", |delivery| time(delivery.received_at)),
        Column::text("Entity", |delivery| delivery.entity.clone()),
        Column::text("Event", |delivery| delivery.event.clone()),
        Column::text("Action", |delivery| delivery.action.clone()),
        Column::number("Workflow Job ID", |delivery| {
            Some(delivery.workflow_job_id).filter(|id| *id != 0).map(|id| id.to_string()).unwrap_or_default()
        }),
        Column::text("Verdict", |delivery| delivery.verdict.clone()),
        Column::text("Reason", |delivery| delivery.reason.clone()),
        Column::number("Copies", |delivery| delivery.copies.to_string()),
        Column::text("Delivery", |delivery| delivery.guid.clone()),
    ]
}
