//! The planner's rules, one file each. Their order is in [`super::plan()`].

mod assigned;
mod brake;
mod check_jobs;
mod create;
mod delete;
mod demand;
mod drift;
mod failed;
mod late;
mod lost_jobs;
mod minimum_idle;
mod observe;
mod recover;
mod rotate;
mod supply;
mod surplus;
mod versions;
mod zombies;

pub(crate) use assigned::{assigned, promise};
pub(crate) use brake::{paused_until, what_holds};
pub(crate) use check_jobs::check_jobs;
pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use demand::demand;
pub(crate) use drift::drift;
pub(crate) use failed::failed;
pub(crate) use late::is_late;
pub(crate) use lost_jobs::lost_jobs;
pub(crate) use minimum_idle::minimum_idle;
pub(crate) use observe::observe;
pub(crate) use recover::recover;
pub(crate) use rotate::rotate;
pub(crate) use surplus::surplus;
pub(crate) use zombies::zombies;
