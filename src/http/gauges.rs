//! The state of the database as gauges, under upstream's names.
//!
//! The number of series is limited: runners and open jobs have one each, up to [`SERIES_MAX`] of each kind.

use std::collections::BTreeMap;
use std::time::Duration;

use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, Opts, Registry};

use super::{App, Error};
use crate::model::{Entity, EntityId, EntityKind, Pool, PoolMemory, RunnerVersions, ScaleSet, WaitKind};
use crate::store::{EntityFilter, RunnerFilter};
use crate::telemetry::set_labels;

/// The most runners, and the most jobs, that have a series of their own. More of them would make a scrape slow and tell little.
const SERIES_MAX: usize = 5000;

/// The gauges of one moment.
#[derive(Default)]
pub(super) struct Gauges {
    registry: Registry,
}

impl Gauges {
    /// Reads the database, and sets every gauge.
    pub(super) async fn read(app: &App) -> Result<Self, Error> {
        let gauges = Self::default();
        let store = app.store();
        let entities: BTreeMap<EntityId, Entity> =
            store.list_entities(EntityFilter::default()).await?.into_iter().map(|entity| (entity.id, entity)).collect();
        let (pools, scale_sets) = (store.list_pools(None).await?, store.list_scale_sets(None).await?);
        gauges.health(app).await?;
        gauges.entities(entities.values());
        gauges.pools(&pools, &entities);
        gauges.scale_sets(&scale_sets, &entities);
        gauges.versions(app, &pools).await?;
        gauges.providers(app);
        gauges.runners(app, &entities).await?;
        gauges.jobs(app).await?;
        gauges.rate_limits(app).await?;
        Ok(gauges)
    }

    /// The gauges in the form of the Prometheus library.
    pub(super) fn families(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }

    fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> GaugeVec {
        let gauge = GaugeVec::new(Opts::new(name, help), labels).expect("names and labels are valid");
        self.registry.register(Box::new(gauge.clone())).expect("each name is used once");
        gauge
    }

    /// The gauge is 1 while the database answers. Without an answer there are no figures at all.
    async fn health(&self, app: &App) -> Result<(), Error> {
        let labels = ["metadata_url", "callback_url", "webhook_url", "controller_webhook_url", "controller_id"];
        let health = self.gauge("garm_health", "Health of the server: 1 while it serves.", &labels);
        let controller = app.store().controller().await?;
        let of_controller = controller.controller_webhook_url();
        let id = controller.id.to_string();
        health
            .with_label_values(&[&controller.metadata_url, &controller.callback_url, &controller.webhook_url, &of_controller, &id])
            .set(1.0);
        Ok(())
    }

    fn entities<'a>(&self, entities: impl Iterator<Item = &'a Entity>) {
        let of_kind = |kind: &str| {
            let info = self.gauge(&format!("garm_{kind}_info"), &format!("A known {kind}."), &["name", "id"]);
            let help = format!("Whether everything can be done for the {kind}: 1, or 0 when its forge or credentials fail.");
            (info, self.gauge(&format!("garm_{kind}_pool_manager_status"), &help, &["name", "id", "running"]))
        };
        let gauges: BTreeMap<&str, (GaugeVec, GaugeVec)> =
            ["repository", "organization", "enterprise", "forge_instance"].map(|kind| (kind, of_kind(kind))).into();
        for entity in entities {
            let (name, id, runs) = (entity.at.path(), entity.id.to_string(), entity.failure.is_none());
            let kind = if entity.at.kind == EntityKind::Instance { "forge_instance" } else { entity.at.kind.as_str() };
            let (info, status) = &gauges[kind];
            info.with_label_values(&[&name, &id]).set(1.0);
            status.with_label_values(&[name.as_str(), &id, word(runs)]).set(one_if(runs));
        }
    }

    fn pools(&self, pools: &[Pool], entities: &BTreeMap<EntityId, Entity>) {
        let labels = ["id", "image", "flavor", "prefix", "os_type", "os_arch", "tags", "provider", "pool_owner", "pool_type"];
        let info = self.gauge("garm_pool_info", "A pool.", &labels);
        let status = self.gauge("garm_pool_status", "Whether the pool makes runners.", &["id", "enabled"]);
        let numbers = [
            self.gauge("garm_pool_max_runners", "Upper bound of runners.", &["id"]),
            self.gauge("garm_pool_min_idle_runners", "Idle runners kept ready.", &["id"]),
            self.gauge("garm_pool_bootstrap_timeout", "Minutes a runner may take to come up.", &["id"]),
        ];
        let machines = Machines::of(self, "pool");
        for pool in pools {
            let id = pool.id.to_string();
            machines.set(&id, &pool.memory);
            let (owner, kind) = owner(entities.get(&pool.entity_id));
            let values: [&str; 10] = [
                &id,
                &pool.image,
                &pool.flavor,
                &pool.runner_prefix,
                pool.os_type.as_str(),
                pool.os_arch.as_str(),
                &pool.tags.join(","),
                pool.provider.as_str(),
                &owner,
                kind,
            ];
            info.with_label_values(&values).set(1.0);
            status.with_label_values(&[id.as_str(), word(pool.enabled)]).set(one_if(pool.enabled));
            for (gauge, value) in numbers.iter().zip([pool.max_runners, pool.min_idle_runners, minutes(pool.bootstrap_timeout)]) {
                gauge.with_label_values(&[&id]).set(f64::from(value));
            }
        }
    }

    fn scale_sets(&self, scale_sets: &[ScaleSet], entities: &BTreeMap<EntityId, Entity>) {
        let labels = [
            "id",
            "scaleset_id",
            "name",
            "image",
            "flavor",
            "prefix",
            "os_type",
            "os_arch",
            "tags",
            "provider",
            "runner_group",
            "scaleset_owner",
            "scaleset_type",
        ];
        let info = self.gauge("garm_scaleset_info", "A scale set; scaleset_id is the number of the forge.", &labels);
        let status =
            self.gauge("garm_scaleset_status", "Whether the scale set takes jobs, and how far it is.", &["id", "enabled", "state"]);
        let numbers = [
            self.gauge("garm_scaleset_max_runners", "Upper bound of runners.", &["id"]),
            self.gauge("garm_scaleset_min_idle_runners", "Idle runners kept ready.", &["id"]),
            self.gauge("garm_scaleset_desired_runner_count", "Runners that the forge asks for.", &["id"]),
            self.gauge("garm_scaleset_bootstrap_timeout", "Minutes a runner may take to come up.", &["id"]),
            self.gauge("garm_scaleset_promised_runners", "Runners that the forge is promised, those that are there included.", &["id"]),
            self.gauge(
                "garm_scaleset_session_works",
                "Whether the forge answered the message session last; 0 = jobs are not heard of.",
                &["id"],
            ),
        ];
        let machines = Machines::of(self, "scaleset");
        for set in scale_sets {
            let id = set.id.to_string();
            machines.set(&id, &set.memory);
            let (owner, kind) = owner(entities.get(&set.entity_id));
            let values: [&str; 13] = [
                &id,
                &set.service_id.map(|id| id.to_string()).unwrap_or_default(),
                &set.name,
                &set.image,
                &set.flavor,
                &set.runner_prefix,
                set.os_type.as_str(),
                set.os_arch.as_str(),
                &set.labels.join(","),
                set.provider.as_str(),
                &set.runner_group,
                &owner,
                kind,
            ];
            info.with_label_values(&values).set(1.0);
            status.with_label_values(&[id.as_str(), word(set.enabled), set.state.as_str()]).set(one_if(set.enabled));
            let demand = set.demand;
            let session = u32::from(demand.is_current);
            let values = [set.max_runners, set.min_idle_runners, demand.assigned, minutes(set.bootstrap_timeout), demand.capacity, session];
            for (gauge, value) in numbers.iter().zip(values) {
                gauge.with_label_values(&[&id]).set(f64::from(value));
            }
        }
    }

    /// Absent where no date is set.
    async fn versions(&self, app: &App, pools: &[Pool]) -> Result<(), Error> {
        let retires = self.gauge(
            "garm_pool_runner_version_retires_timestamp",
            "From when on the forge gives no jobs to runners of the version that the pool installs, in seconds since 1970.",
            &["id", "version"],
        );
        let mut of_entities: BTreeMap<EntityId, RunnerVersions> = BTreeMap::new();
        for pool in pools {
            if let std::collections::btree_map::Entry::Vacant(of_entity) = of_entities.entry(pool.entity_id) {
                of_entity.insert(app.store().runner_versions(pool.entity_id).await?);
            }
            let versions = &of_entities[&pool.entity_id];
            let version = versions.offered_for(pool.os_type, pool.os_arch);
            if let Some((version, at)) = version.and_then(|version| Some((version, versions.retires_at(version)?))) {
                #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^52")]
                retires.with_label_values(&[pool.id.to_string(), version.to_string()]).set(at.as_secs() as f64);
            }
        }
        Ok(())
    }

    fn providers(&self, app: &App) {
        let info = self.gauge("garm_provider_info", "A provider of the configuration.", &["name", "type", "description"]);
        for facts in app.services.providers.values() {
            info.with_label_values(&[facts.name.as_str(), "external", &facts.description]).set(1.0);
        }
    }

    async fn runners(&self, app: &App, entities: &BTreeMap<EntityId, Entity>) -> Result<(), Error> {
        let labels = ["name", "status", "runner_status", "pool_owner", "pool_type", "pool_id", "scaleset_id", "provider"];
        let status = self.gauge("garm_runner_status", "A runner and its states.", &labels);
        let total =
            self.gauge("garm_runners", "Runners of a pool or scale set by state.", &["pool_id", "scaleset_id", "status", "runner_status"]);
        let (mut position, mut series) = (None, 0);
        loop {
            let (page, next) = app.store().page_of_runners(RunnerFilter::default(), position).await?;
            for runner in page {
                let [pool, scale_set] = set_labels(runner.set_id);
                let (state, software) = (runner.status.as_str(), runner.runner_status.as_str());
                total.with_label_values(&[pool.as_str(), &scale_set, state, software]).inc();
                if series < SERIES_MAX {
                    series += 1;
                    let (owner, kind) = owner(entities.get(&runner.entity_id));
                    let values = [runner.name.as_str(), state, software, &owner, kind, &pool, &scale_set, runner.provider.as_str()];
                    status.with_label_values(&values).set(1.0);
                }
            }
            position = next;
            if position.is_none() {
                return Ok(());
            }
        }
    }

    async fn jobs(&self, app: &App) -> Result<(), Error> {
        let labels = [
            "job_id",
            "workflow_job_id",
            "scaleset_job_id",
            "workflow_run_id",
            "name",
            "status",
            "conclusion",
            "runner_name",
            "owner",
            "repository",
            "requested_labels",
        ];
        let status = self.gauge("garm_job_status", "A job that is not over.", &labels);
        for job in app.store().list_open_jobs(SERIES_MAX).await? {
            let values: [&str; 11] = [
                &job.id.to_string(),
                &job.workflow_job_id.max(0).to_string(),
                job.service.as_ref().map_or("", |service| service.id.as_str()),
                &job.run_id.to_string(),
                &job.name,
                job.status.as_str(),
                &job.conclusion,
                &job.runner_name,
                &job.repository_owner,
                &job.repository_name,
                &job.labels.join(" "),
            ];
            status.with_label_values(&values).set(1.0);
        }
        let waiting = self.gauge("garm_jobs_waiting", "Jobs that wait and that a pool fits, by the kind of reason.", &["why"]);
        let counts = app.store().count_waiting_jobs().await?;
        for kind in WaitKind::ALL {
            #[expect(clippy::cast_precision_loss, reason = "counts of jobs are far below 2^52")]
            waiting.with_label_values(&[kind.as_str()]).set(counts.get(kind).copied().unwrap_or_default() as f64);
        }
        let unmatched = self.gauge("garm_jobs_unmatched", "Jobs that wait and that no pool fits so far.", &[]);
        #[expect(clippy::cast_precision_loss, reason = "some thousands for each entity")]
        unmatched.with_label_values::<&str>(&[]).set(app.store().count_unmatched_jobs().await? as f64);
        Ok(())
    }

    async fn rate_limits(&self, app: &App) -> Result<(), Error> {
        let labels = ["credential_name", "credential_id", "endpoint"];
        let gauge = |what: &str, help: &str| self.gauge(&format!("garm_github_rate_limit_{what}"), help, &labels);
        let gauges = [
            gauge("limit", "Calls allowed in a window."),
            gauge("remaining", "Calls left in this window."),
            gauge("used", "Calls made in this window."),
            gauge("reset_timestamp", "When the next window begins, in seconds since 1970."),
        ];
        let empty = gauge(
            "empty_timestamp",
            "When no call is left, if calls go on as in this window, in seconds since 1970. Absent if that is not before its end.",
        );
        for credentials in app.store().list_credentials(None).await? {
            let Some(limit) = app.services.forges.rate_limit(credentials.id) else { continue };
            let id = credentials.id.0.to_string();
            if let Some(at) = limit.empty_at(app.services.clock.now()) {
                #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^52")]
                empty.with_label_values(&[credentials.name.as_str(), &id, credentials.endpoint.as_str()]).set(at.as_secs() as f64);
            }
            for (gauge, value) in gauges.iter().zip([limit.limit, limit.remaining, limit.used, limit.reset]) {
                #[expect(clippy::cast_precision_loss, reason = "counts of calls and seconds are far below 2^52")]
                gauge.with_label_values(&[credentials.name.as_str(), &id, credentials.endpoint.as_str()]).set(value as f64);
            }
        }
        Ok(())
    }
}

/// The machines of a kind of runner set.
struct Machines {
    by_outcome: GaugeVec,
    paused: GaugeVec,
    failures: GaugeVec,
}

impl Machines {
    /// `kind` stands in the names of the gauges.
    fn of(gauges: &Gauges, kind: &str) -> Self {
        let gauge = |what: &str, help: &str, labels: &[&str]| gauges.gauge(&format!("garm_{kind}_{what}"), help, labels);
        Self {
            by_outcome: gauge("machines", "Machines by outcome: made, served (took a job), in_vain.", &["id", "outcome"]),
            paused: gauge("paused", "Whether it pauses, or tries one machine, because the last were of no use.", &["id"]),
            failures: gauge("failures", "Machines that failed or could not be made, by cause.", &["id", "cause"]),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of machines are far below 2^52")]
    fn set(&self, id: &str, memory: &PoolMemory) {
        for (cause, count) in &memory.causes {
            self.failures.with_label_values(&[id, cause.as_str()]).set(*count as f64);
        }
        for (outcome, count) in [("made", memory.made), ("served", memory.served), ("in_vain", memory.useless.values().sum())] {
            self.by_outcome.with_label_values(&[id, outcome]).set(count as f64);
        }
        self.paused.with_label_values(&[id]).set(one_if(memory.paused_for().is_some() || memory.ignored.is_some()));
    }
}

fn minutes(span: Duration) -> u32 {
    u32::try_from(span.as_secs() / 60).unwrap_or(u32::MAX)
}

/// The name and the kind of the entity that a pool or scale set is for.
fn owner(entity: Option<&Entity>) -> (String, &'static str) {
    entity.map_or((String::new(), ""), |entity| (entity.at.path(), entity.at.kind.as_str()))
}

const fn word(is: bool) -> &'static str {
    if is { "true" } else { "false" }
}

fn one_if(is: bool) -> f64 {
    f64::from(u8::from(is))
}
