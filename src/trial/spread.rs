//! Times that vary: most are short, a few are long.

use std::f64::consts::TAU;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

/// How many standard deviations above the median the 99th percentile of a normal distribution is.
const P99: f64 = 2.326_347_874;

/// A log-normal distribution above a minimum, as boot times and durations of jobs have it. People know the three values that describe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The least.
    pub min: Duration,
    /// Half of all draws are longer. Above the minimum.
    pub median: Duration,
    /// One draw in a hundred is longer. At least the median; equal to it, there is no variation.
    pub p99: Duration,
}

impl Spread {
    /// One draw.
    pub fn draw(&self, chance: &mut StdRng) -> Duration {
        let median = self.median.saturating_sub(self.min).as_secs_f64();
        let p99 = self.p99.saturating_sub(self.min).as_secs_f64();
        let deviation = if median > 0.0 { (p99 / median).ln().max(0.0) / P99 } else { 0.0 };
        let above = median * (deviation * standard_normal(chance)).exp();
        self.min.saturating_add(Duration::try_from_secs_f64(above).unwrap_or(Duration::MAX))
    }
}

/// A draw from the standard normal distribution, after Box and Muller.
fn standard_normal(chance: &mut StdRng) -> f64 {
    let (one, other): (f64, f64) = (chance.random(), chance.random());
    (-2.0 * (1.0 - one).ln()).sqrt() * (TAU * other).cos()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn draws_have_the_minimum_median_and_percentile_they_were_asked_for() {
        let secs = Duration::from_secs;
        let spread = Spread { min: secs(20), median: secs(40), p99: secs(120) };
        let mut chance = StdRng::seed_from_u64(1);
        let mut draws: Vec<f64> = (0..20_000).map(|_| spread.draw(&mut chance).as_secs_f64()).collect();
        draws.sort_by(f64::total_cmp);
        assert!(draws[0] >= 20.0, "{}", draws[0]);
        assert!((draws[10_000] - 40.0).abs() < 1.0, "{}", draws[10_000]);
        assert!((draws[19_800] - 120.0).abs() < 10.0, "{}", draws[19_800]);
    }

    #[test]
    fn without_variation_there_is_none() {
        let minute = Duration::from_mins(1);
        let mut chance = StdRng::seed_from_u64(1);
        assert_eq!(Spread { min: Duration::ZERO, median: minute, p99: minute }.draw(&mut chance), minute);
        assert_eq!(Spread { min: minute, median: minute, p99: minute }.draw(&mut chance), minute);
    }
}
