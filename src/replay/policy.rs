//! The settings to be tried, and their file: settings of the server, and times and prices of the cloud.

use std::fmt::Display;
use std::time::Duration;

use serde::Deserialize;

use crate::model::Balancer;
use crate::time::parse_duration;
use crate::trial::spread::Spread;

/// Every key of the file, with its section.
pub const KEYS: &[&str] = &[
    "name",
    "balancer",
    "minimum_job_age_backoff",
    "scheduler.idle_time_min",
    "pool.name",
    "pool.tags",
    "pool.max_runners",
    "pool.min_idle_runners",
    "pool.priority",
    "pool.bootstrap_timeout",
    "pool.create_time",
    "pool.boot.min",
    "pool.boot.median",
    "pool.boot.p99",
    "pool.price_per_hour",
];

/// The settings that are tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// How jobs are spread over pools.
    pub balancer: Balancer,
    /// How long a job may wait for an idle runner before another is started.
    pub minimum_job_age_backoff: Duration,
    /// How long a runner must have been idle before it may be surplus.
    pub idle_time_min: Duration,
    /// The pools; at least one.
    pub pools: Vec<Pool>,
}

/// A pool, and the times and price of its machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Its name in reports.
    pub name: String,
    /// Labels of its runners.
    pub tags: Vec<String>,
    /// The most runners it may have.
    pub max_runners: u32,
    /// How many idle ones it keeps.
    pub min_idle_runners: u32,
    /// Higher ones are used first.
    pub priority: u32,
    /// How long a machine may take to become a runner.
    pub bootstrap_timeout: Duration,
    /// How long the provider takes to make a machine.
    pub create_time: Duration,
    /// How long a machine takes to become a runner after that.
    pub boot: Spread,
    /// The price of a machine while it exists.
    pub price_per_hour: f64,
}

/// A value that is not allowed.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The key with its section.
    pub key: String,
    /// The value.
    pub value: String,
    /// The allowed values.
    pub allowed: &'static str,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(default)]
pub struct PolicyFile {
    name: String,
    balancer: String,
    minimum_job_age_backoff: String,
    scheduler: SchedulerSection,
    pool: Vec<PoolSection>,
}

#[derive(Deserialize)]
#[serde(default)]
struct SchedulerSection {
    idle_time_min: String,
}

#[derive(Deserialize)]
#[serde(default)]
struct PoolSection {
    name: String,
    tags: Vec<String>,
    max_runners: u32,
    min_idle_runners: u32,
    priority: u32,
    bootstrap_timeout: String,
    create_time: String,
    boot: BootSection,
    price_per_hour: f64,
}

#[derive(Deserialize)]
#[serde(default)]
struct BootSection {
    min: String,
    median: String,
    p99: String,
}

/// The defaults of the server.
impl Default for PolicyFile {
    fn default() -> Self {
        Self {
            name: String::new(),
            balancer: String::new(),
            minimum_job_age_backoff: "30s".into(),
            scheduler: SchedulerSection::default(),
            pool: Vec::new(),
        }
    }
}

impl Default for SchedulerSection {
    fn default() -> Self {
        Self { idle_time_min: "5m".into() }
    }
}

impl Default for PoolSection {
    fn default() -> Self {
        Self {
            name: String::new(),
            tags: Vec::new(),
            max_runners: 5,
            min_idle_runners: 1,
            priority: 0,
            bootstrap_timeout: "20m".into(),
            create_time: "5s".into(),
            boot: BootSection::default(),
            price_per_hour: 0.0,
        }
    }
}

impl Default for BootSection {
    fn default() -> Self {
        Self { min: "20s".into(), median: "40s".into(), p99: "2m".into() }
    }
}

impl Policy {
    /// Whether some pool has all these labels.
    #[must_use]
    pub fn serves(&self, labels: &[String]) -> bool {
        self.pools.iter().any(|pool| crate::model::Pool::tags_fit(&pool.tags, labels))
    }
}

impl PolicyFile {
    /// The policy, under another name where the file has none.
    ///
    /// # Errors
    /// The first value that is not allowed.
    pub fn check(self, name: &str) -> Result<Policy, Wrong> {
        let balancer = Balancer::from_word(&self.balancer)
            .ok_or_else(|| wrong("balancer", format!("{:?}", self.balancer), "must be \"roundrobin\" or \"pack\""))?;
        if self.pool.is_empty() {
            return Err(wrong("pool", "(missing)", "there must be at least one [[pool]]"));
        }
        let mut pools: Vec<Pool> = Vec::new();
        for section in self.pool {
            let pool = section.check()?;
            if pools.iter().any(|known| known.name == pool.name) {
                return Err(wrong(format!("pool.{}.name", pool.name), "(used twice)", "give each pool a name of its own"));
            }
            pools.push(pool);
        }
        Ok(Policy {
            name: if self.name.is_empty() { name.to_owned() } else { self.name },
            balancer,
            minimum_job_age_backoff: duration("minimum_job_age_backoff".into(), &self.minimum_job_age_backoff)?,
            idle_time_min: duration("scheduler.idle_time_min".into(), &self.scheduler.idle_time_min)?,
            pools,
        })
    }
}

impl PoolSection {
    fn check(self) -> Result<Pool, Wrong> {
        let name = if self.name.is_empty() { self.tags.join(" ") } else { self.name };
        let key = |key: &str| format!("pool.{name}.{key}");
        if self.tags.iter().all(String::is_empty) {
            return Err(wrong("pool.tags", "(missing)", "a pool without labels gets no jobs"));
        }
        if self.max_runners == 0 {
            return Err(wrong(key("max_runners"), "0", "must be at least 1"));
        }
        if self.min_idle_runners > self.max_runners {
            return Err(wrong(key("min_idle_runners"), self.min_idle_runners, "must be at most max_runners"));
        }
        if !self.price_per_hour.is_finite() || self.price_per_hour < 0.0 {
            return Err(wrong(key("price_per_hour"), self.price_per_hour, "must be 0 or more"));
        }
        let boot = Spread {
            min: duration(key("boot.min"), &self.boot.min)?,
            median: duration(key("boot.median"), &self.boot.median)?,
            p99: duration(key("boot.p99"), &self.boot.p99)?,
        };
        if boot.min >= boot.median {
            return Err(wrong(key("boot.min"), format!("{:?}", self.boot.min), "must be below boot.median"));
        }
        if boot.p99 < boot.median {
            return Err(wrong(key("boot.p99"), format!("{:?}", self.boot.p99), "must be at least boot.median"));
        }
        let bootstrap_timeout = duration(key("bootstrap_timeout"), &self.bootstrap_timeout)?;
        let create_time = duration(key("create_time"), &self.create_time)?;
        // Machines that never make it in time would be made for ever.
        if create_time.saturating_add(boot.median) >= bootstrap_timeout {
            let allowed = "must be longer than create_time and boot.median together: no machine would become a runner";
            return Err(wrong(key("bootstrap_timeout"), format!("{:?}", self.bootstrap_timeout), allowed));
        }
        Ok(Pool {
            tags: self.tags,
            max_runners: self.max_runners,
            min_idle_runners: self.min_idle_runners,
            priority: self.priority,
            bootstrap_timeout,
            create_time,
            boot,
            price_per_hour: self.price_per_hour,
            name,
        })
    }
}

fn wrong(key: impl Into<String>, value: impl Display, allowed: &'static str) -> Wrong {
    Wrong { key: key.into(), value: value.to_string(), allowed }
}

fn duration(key: String, text: &str) -> Result<Duration, Wrong> {
    parse_duration(text).ok_or_else(|| wrong(key, format!("{text:?}"), "must be a duration such as \"5m\" or \"90s\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "balancer = \"pack\"\n[scheduler]\nidle_time_min = \"10m\"\n[[pool]]\ntags = [\"linux\", \"x64\"]\n\
                        max_runners = 8\nboot = { min = \"20s\", median = \"45s\", p99 = \"3m\" }\nprice_per_hour = 0.2\n";

    fn check(text: &str) -> Result<Policy, Wrong> {
        toml::from_str::<PolicyFile>(text).expect("TOML").check("file")
    }

    #[test]
    fn what_is_not_said_is_as_with_the_server() {
        let policy = check(GOOD).expect("good");
        assert_eq!((policy.name.as_str(), policy.balancer, policy.idle_time_min), ("file", Balancer::Pack, Duration::from_mins(10)));
        let pool = &policy.pools[0];
        assert_eq!((pool.name.as_str(), pool.max_runners, pool.min_idle_runners, pool.priority), ("linux x64", 8, 1, 0));
        let server = crate::engine::Policy::default();
        let unsaid = check("[[pool]]\ntags = [\"linux\"]").expect("good");
        assert_eq!(unsaid.idle_time_min, server.idle_time_min);
        assert_eq!((unsaid.pools[0].max_runners, unsaid.pools[0].bootstrap_timeout), (5, Duration::from_mins(20)));
    }

    #[test]
    fn every_wrong_value_is_named_with_its_key_and_what_is_allowed() {
        let table = [
            ("\"pack\"", "\"random\"", "balancer = \"random\": must be \"roundrobin\" or \"pack\""),
            ("\"10m\"", "\"soon\"", "scheduler.idle_time_min = \"soon\": must be a duration such as"),
            ("tags = [\"linux\", \"x64\"]", "tags = []", "pool.tags = (missing): a pool without labels gets no jobs"),
            ("max_runners = 8", "max_runners = 0", "pool.linux x64.max_runners = 0: must be at least 1"),
            ("max_runners = 8", "min_idle_runners = 9", "pool.linux x64.min_idle_runners = 9: must be at most max_runners"),
            ("0.2", "-1.0", "pool.linux x64.price_per_hour = -1: must be 0 or more"),
            ("\"20s\"", "\"45s\"", "pool.linux x64.boot.min = \"45s\": must be below boot.median"),
            ("\"3m\"", "\"40s\"", "pool.linux x64.boot.p99 = \"40s\": must be at least boot.median"),
            ("max_runners = 8", "bootstrap_timeout = \"30s\"", "pool.linux x64.bootstrap_timeout = \"30s\": must be longer than"),
        ];
        for (good, bad, expected) in table {
            let Wrong { key, value, allowed } = check(&GOOD.replace(good, bad)).expect_err(bad);
            let told = format!("{key} = {value}: {allowed}");
            assert!(told.starts_with(expected), "{told}");
        }
        assert_eq!(check("").expect_err("no pool").key, "pool");
        assert_eq!(check(&format!("{GOOD}{}", &GOOD[GOOD.find("[[pool").expect("a pool")..])).expect_err("twice").value, "(used twice)");
    }
}
