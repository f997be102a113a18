//! Chance that is the same for the same seed: the planner has no other.

/// A sequence of numbers (`SplitMix64`).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of the values; `None` when there are none.
    pub(super) fn pick(&mut self, values: &[u32]) -> Option<u32> {
        let at = self.next_u64().checked_rem(values.len() as u64)?;
        values.get(usize::try_from(at).unwrap_or_default()).copied()
    }
}
