//! The faults of a trial. Chance from a seed, or a script, decides when each strikes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::spread::Spread;
use crate::model::words;

words! {
    /// Something that goes wrong.
    #[derive(PartialOrd, Ord)]
    Fault {
        /// The forge answers 500, without effect.
        ForgeError = "forge-error",
        /// The forge cannot be reached for one call.
        ForgeUnreachable = "forge-unreachable",
        /// The call has its effect, the answer is lost.
        ForgeAnswerLost = "forge-answer-lost",
        /// The forge never answers.
        ForgeHang = "forge-hang",
        /// The forge says that the budget is used up.
        ForgeRateLimit = "forge-rate-limit",
        /// The forge is down for minutes.
        ForgeOutage = "forge-outage",
        /// The provider fails without effect.
        CreateError = "create-error",
        /// The provider has no capacity or quota left.
        CreateQuota = "create-quota",
        /// The provider makes the machine and then fails.
        CreateLeftover = "create-leftover",
        /// The provider makes the machine and prints garbage.
        CreateGarbage = "create-garbage",
        /// The provider hangs before it made anything.
        CreateHang = "create-hang",
        /// The provider makes the machine and never ends.
        CreateAnswerLost = "create-answer-lost",
        /// The provider is ended at its deadline, and the cloud makes the machine all the same.
        CreateLate = "create-late",
        /// The provider cannot remove a machine.
        DeleteError = "delete-error",
        /// The provider removes the machine and fails then.
        DeleteAnswerLost = "delete-answer-lost",
        /// The removal hangs.
        DeleteHang = "delete-hang",
        /// The provider cannot list its machines.
        ListError = "list-error",
        /// A list lacks a machine that exists.
        ListIncomplete = "list-incomplete",
        /// A machine appears with our marks and without a row.
        StrangeMachine = "strange-machine",
        /// A runner is registered with our label and without a row.
        StrangeRunner = "strange-runner",
        /// A machine never comes up.
        BootHang = "boot-hang",
        /// A machine reports that the installation failed.
        InstallFails = "install-fails",
        /// A machine is gone before its runner is ready.
        DiesBooting = "dies-booting",
        /// A machine is gone while its runner waits for a job.
        DiesIdle = "dies-idle",
        /// A machine is gone in the middle of a job.
        DiesInJob = "dies-in-job",
        /// A runner is connected and never takes a job.
        Zombie = "zombie",
        /// A report of a machine does not arrive.
        CallbackLost = "callback-lost",
        /// A delivery is not sent. Where servers do not list jobs, one about a queued job is sent again later; any other never.
        DeliveryLost = "delivery-lost",
        /// A delivery is sent twice.
        DeliveryDoubled = "delivery-doubled",
        /// A delivery arrives minutes later, after those that followed it.
        DeliveryLate = "delivery-late",
        /// The database fails without effect.
        DatabaseError = "database-error",
        /// The database commits, and the answer is lost.
        DatabaseAnswerLost = "database-answer-lost",
        /// A server cannot reach the database for a while.
        DatabasePartition = "database-partition",
        /// A server is killed, wherever it is, and started again.
        Crash = "crash",
        /// A server is stopped in good order and started again.
        Restart = "restart",
        /// A server's clock is wrong.
        WrongClock = "wrong-clock",
        /// The service ends the session of a scale set.
        SessionEnds = "session-ends",
        /// Somebody else has the session of a scale set for a while.
        SessionTaken = "session-taken",
        /// A scale set is removed at the service.
        ScaleSetGone = "scale-set-gone",
    }
}

impl Fault {
    /// Whether the service for scale sets does something strange.
    #[must_use]
    pub const fn is_of_scale_sets(self) -> bool {
        use Fault as F;
        matches!(self, F::SessionEnds | F::SessionTaken | F::ScaleSetGone)
    }

    /// Whether a call to the forge fails.
    #[must_use]
    pub const fn is_of_forge(self) -> bool {
        use Fault as F;
        matches!(self, F::ForgeError | F::ForgeUnreachable | F::ForgeAnswerLost | F::ForgeHang | F::ForgeRateLimit | F::ForgeOutage)
    }
}

/// One fault that struck: which one, and at which of its opportunities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Injection {
    /// The fault.
    pub fault: Fault,
    /// The opportunity, counted from 0.
    pub nth: u64,
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.fault, self.nth)
    }
}

/// How often each fault strikes, in ten thousandths of its opportunities. A fault that is missing never strikes.
pub type Rates = BTreeMap<Fault, u32>;

/// Decides at every opportunity.
pub struct Faults {
    inner: Mutex<Inner>,
}

struct Inner {
    seed: u64,
    rates: Rates,
    script: Option<BTreeSet<Injection>>,
    on: bool,
    opportunities: BTreeMap<Fault, u64>,
    done: Vec<Injection>,
    chance: StdRng,
}

impl Faults {
    /// Chance decides, the same for the same seed. With a script only its faults strike.
    #[must_use]
    pub fn new(seed: u64, rates: Rates, script: Option<BTreeSet<Injection>>) -> Self {
        let chance = StdRng::seed_from_u64(seed);
        Self { inner: Mutex::new(Inner { seed, rates, script, on: false, opportunities: BTreeMap::new(), done: Vec::new(), chance }) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Switches the faults on or off; they begin switched off.
    pub fn switch(&self, on: bool) {
        self.lock().on = on;
    }

    /// Whether the fault strikes at this opportunity.
    pub fn strikes(&self, fault: Fault) -> bool {
        let mut inner = self.lock();
        if !inner.on {
            return false;
        }
        let count = inner.opportunities.entry(fault).or_default();
        let nth = *count;
        *count += 1;
        let injection = Injection { fault, nth };
        let struck = if let Some(script) = &inner.script {
            script.contains(&injection)
        } else {
            let rate = inner.rates.get(&fault).copied().unwrap_or(0);
            let seed = inner.seed ^ (fault as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ nth.rotate_left(32);
            StdRng::seed_from_u64(seed).random_range(0..10_000) < rate
        };
        if struck {
            inner.done.push(injection);
        }
        struck
    }

    /// The first of these faults that strikes.
    pub fn pick(&self, among: &[Fault]) -> Option<Fault> {
        among.iter().copied().find(|fault| self.strikes(*fault))
    }

    /// A duration between two.
    pub fn between(&self, least: Duration, most: Duration) -> Duration {
        if least >= most {
            return least;
        }
        self.lock().chance.random_range(least..most)
    }

    /// A duration from a spread.
    pub fn draw(&self, spread: &Spread) -> Duration {
        spread.draw(&mut self.lock().chance)
    }

    /// A number below `count`.
    pub fn below(&self, count: usize) -> usize {
        self.lock().chance.random_range(0..count.max(1))
    }

    /// The faults that struck so far.
    #[must_use]
    pub fn done(&self) -> Vec<Injection> {
        self.lock().done.clone()
    }
}
