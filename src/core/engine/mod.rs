//! The planner: what should happen now, and why.
//!
//! [`plan()`] is a total function from a [`Snapshot`] of one entity to a [`Plan`]. The plan has effects, changes of rows, a reason for each
//! thing that was or was not acted upon, and the time of the next look. It has no clock, no I/O and no randomness of its own, so the
//! server, the tests and the simulator run the very same rules.
//!
//! The planner is level-triggered: it looks at how things are, never at what happened. A change of a row rings a bell, and the entity is
//! planned again. The plan for a state in which nothing is to be done is empty. Bad input is no error: it becomes a [`crate::model::Reason`].
//!
//! Properties of every plan are checked against arbitrary worlds (`properties`), which step through the state that a plan leads to (`predict`).
//!
//! The steps run in one visible order, each sees what the ones before it took:
//!
//! | step | rule |
//! |---|---|
//! | [`steps::delete`] | what is marked goes: first at the forge, then at the provider |
//! | [`steps::recover`] | machines of interrupted creations are found and adopted, or their attempt has failed |
//! | [`steps::lost_jobs`] | jobs whose machine is lost are noted, and run again when the forge agrees |
//! | [`steps::drift`] | what forge and provider say wins over what rows say; what carries our mark without a row goes |
//! | [`steps::failed`] | failed creations are retried with backoff, then given up; failed and late runners go; one may be held for a look |
//! | [`steps::zombies`] | connected runners that ignore jobs which fit go; where their version may be to blame, no more of it are made |
//! | [`steps::demand`] | every waiting job counts on a runner that is not late; runners are made only for the rest |
//! | [`steps::assigned`] | a scale set has as many runners as its service counts jobs |
//! | [`steps::check_jobs`] | jobs that nothing is heard of are asked for at the forge |
//! | [`steps::minimum_idle`] | the minimum of idle runners is kept |
//! | [`steps::rotate`] | idle runners of an older generation go, where that was asked for |
//! | [`steps::surplus`] | idle runners that no job needs go |
//! | [`steps::create`] | what is to be made is registered at the forge, then made by the provider |
//! | [`steps::promise`] | the service of a scale set is promised as many runners as can be had |
//! | [`steps::observe`] | lists that are old are asked for again |
//!
//! Steps look rows up through `index`, which is made once for each plan, on a `roster` that is kept. `starts` tells how long a start may take. `phase` tells
//! how far a runner is, as its row alone says.
//! [`session`] is the other pure decider: it keeps the message session of one scale set alive.
//!
//! [`explain_job`] and [`explain_runner`] answer a person: the recorded reason, all around it, and a forecast (`forecast`).

mod action;
mod chance;
pub mod check;
#[cfg(test)]
mod cost;
mod forecast;
mod index;
mod observed;
#[cfg(test)]
mod outside;
mod phase;
mod plan;
mod policy;
#[cfg(test)]
mod predict;
#[cfg(test)]
mod properties;
mod roster;
pub mod session;
mod snapshot;
mod starts;
pub mod steps;
#[cfg(test)]
pub(crate) mod testing;
mod why;

pub use action::{Effect, NewRunner, RowChange, Target};
pub use forecast::forecast_job;
pub use observed::{Named, Observed};
pub use plan::{Plan, Report};
pub use policy::Policy;
pub use snapshot::{ForgeView, JobCheck, RunnerSetView, Snapshot, Standing, Unshown};
pub use why::{explain_job, explain_runner};

use crate::model::{Runner, RunnerId};
use index::Index;
use plan::Draft;
use roster::Roster;

/// Plans for one entity.
#[must_use]
pub fn plan(snapshot: &Snapshot) -> Plan {
    Planner::default().plan(snapshot)
}

/// Plans for one entity again and again. A plan costs what is different from the last one and what is to be looked at, not what is there.
#[derive(Clone, Debug, Default)]
pub struct Planner(Roster);

impl Planner {
    /// The row of a runner in the last snapshot.
    #[must_use]
    pub fn runner(&self, id: RunnerId) -> Option<&Runner> {
        self.0.get(id)
    }

    /// The plan that [`plan()`] makes of the snapshot.
    #[must_use]
    pub fn plan(&mut self, snapshot: &Snapshot) -> Plan {
        self.0.follow(snapshot);
        let plan = with_roster(snapshot, &self.0);
        #[cfg(test)]
        assert_eq!(plan, with_roster(snapshot, &Roster::sleepless(snapshot)), "a plan depends on which runners rest");
        plan
    }
}

fn with_roster(snapshot: &Snapshot, roster: &Roster) -> Plan {
    let index = Index::of(snapshot, roster);
    let mut draft = Draft::new(snapshot, &index);
    steps::delete(snapshot, &mut draft);
    steps::recover(snapshot, &mut draft);
    steps::lost_jobs(snapshot, &mut draft);
    steps::drift(snapshot, &mut draft);
    steps::failed(snapshot, &mut draft);
    steps::zombies(snapshot, &mut draft);
    steps::demand(snapshot, &mut draft);
    steps::assigned(snapshot, &mut draft);
    steps::check_jobs(snapshot, &mut draft);
    steps::minimum_idle(snapshot, &mut draft);
    steps::rotate(snapshot, &mut draft);
    steps::surplus(snapshot, &mut draft);
    steps::create(snapshot, &mut draft);
    steps::promise(snapshot, &mut draft);
    steps::observe(snapshot, &mut draft);
    let plan = draft.finish();
    check::plan(snapshot, &plan);
    plan
}
