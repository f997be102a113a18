//! The properties of every plan, checked against many arbitrary worlds.
//!
//! A property that fails prints the smallest world that breaks it. Such a world becomes a unit test of the step that was wrong. Every run
//! tries the same worlds, so that the change is judged and not luck. `PROPTEST_RNG_SEED=7` tries others, `PROPTEST_CASES=25600` a hundred
//! times as many.

mod arbitrary;
mod every_plan;
mod fixpoint;
mod kept;
mod life;
mod quiet;
mod session;

use std::fmt::Debug;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};

/// Checks a property for so many worlds.
fn for_all<S: Strategy>(cases: u32, of: &S, property: impl Fn(S::Value))
where
    S::Value: Debug,
{
    let asked = Config::default();
    let scale = asked.cases.div_ceil(256);
    let config = Config {
        cases: cases.saturating_mul(scale),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        rng_seed: if let RngSeed::Fixed(seed) = asked.rng_seed { RngSeed::Fixed(seed) } else { RngSeed::Fixed(1) },
        ..asked
    };
    let checked = TestRunner::new(config).run(of, |value| {
        property(value);
        Ok(())
    });
    match checked {
        Ok(()) => {}
        Err(TestError::Abort(why)) => panic!("no worlds: {why}"),
        Err(TestError::Fail(why, smallest)) => panic!("{why}\n\nin the smallest world found:\n{smallest:?}"),
    }
}
