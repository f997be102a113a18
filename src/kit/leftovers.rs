//! Counts processes that outlive the provider process that started them.

use std::time::Duration;

/// How many looks, and the pause between two: a child that is about to end is no leftover.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// How many processes of the group still run. On a system without `/proc` the answer is none.
pub(super) async fn processes_of(group: i32) -> usize {
    let mut running = count(group);
    for _ in 0..LOOKS {
        if running == 0 {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        running = count(group);
    }
    running
}

fn count(group: i32) -> usize {
    let Ok(entries) = std::fs::read_dir("/proc") else { return 0 };
    let stats = entries.flatten().filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    stats.filter(|stat| belongs(stat, group)).count()
}

/// Whether a line of `/proc/<pid>/stat` is about a living process of the group. The name, in brackets, may hold any character.
fn belongs(stat: &str, group: i32) -> bool {
    let Some((_, rest)) = stat.rsplit_once(") ") else { return false };
    let mut fields = rest.split_ascii_whitespace();
    let (state, of) = (fields.next(), fields.nth(1));
    state.is_some_and(|state| state != "Z" && state != "X") && of.and_then(|of| of.parse().ok()) == Some(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_the_third_field_after_the_name_and_the_dead_do_not_count() {
        assert!(belongs("7 (a) b) S 1 42 42 0", 42));
        assert!(!belongs("7 (sh) Z 1 42 42 0", 42));
        assert!(!belongs("7 (sh) S 42 7 42 0", 42));
        assert!(!belongs("", 42));
    }
}
