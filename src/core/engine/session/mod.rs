//! The message session of one scale set, as a state machine of values.
//!
//! A listener asks [`Session::next`] for a [`Step`], performs it, and tells [`Session::answer`] what came of it. The session decides everything: which call
//! is made, when, and what a failure means. It has no clock and no chance: times and jitter come in. Nothing that happens outside ends it; only
//! [`Session::stop`] does.
//!
//! | File | What is found there |
//! |---|---|
//! | [`machine`] | the states, and the next step in each |
//! | [`answers`] | what each answer leads to |
//! | [`work`] | one message on its way: acquire, make durable, acknowledge |
//! | [`pace`] | how often the service is called while it does not work |
//! | [`kept`] | what the row of the scale set keeps |
//!
//! # What performs the steps
//!
//! | Step | Performed by |
//! |---|---|
//! | [`Step::Wait`] | a wait until then; the bell of the scale set ends it. [`Session::hurry`] where the service recovered, or a person asks |
//! | [`Step::Keep`] | the row of the scale set |
//! | [`Step::LookUp`], [`Step::FindGroup`], [`Step::Find`], [`Step::Make`] | `ScaleSetService`: `get_scale_set`, `find_group`, `find_scale_set`, `create_scale_set` |
//! | [`Step::Open`], [`Step::Refresh`], [`Step::End`] | `create_session`, `refresh_session`, `delete_session` |
//! | [`Step::Poll`] | `poll`; given up at [`Session::cut_at`] where another capacity is possible now: [`Answer::Cut`] |
//! | [`Step::Acquire`], [`Step::Acknowledge`] | `acquire`, `acknowledge` |
//! | [`Step::Handle`] | the store: facts of jobs, each idempotent, then what is set aside and the statistics |
//! | [`Step::Over`] | nothing: the task ends |
//!
//! A call that fails is told as a [`Failure`]: `Error::service_fault` has its cause. What changed in [`Session::standing`] goes to the row after each answer.
//!
//! # Rules
//! - Every failure waits for [`pace`]; there is no other way to the next call. The one exception: a queue token that was refused is renewed at once.
//! - At most one session is held: the one that the row names is ended before another is opened.
//! - A message is acknowledged when its batch is durable, and not before. A message of a lost session comes again, and its effect is idempotent.
//! - The scale set is made again only on a second proof: its number is denied twice, and none has its name.

mod answers;
mod kept;
mod machine;
mod pace;
mod step;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
mod work;

pub use kept::Kept;
pub use machine::Session;
pub use step::{Answer, Failure, Step, Wanted};
pub use work::{Aside, Batch};
