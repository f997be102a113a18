//! Watches the arguments of all processes.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Watches the arguments of all processes of this machine, which anybody could see.
pub(super) struct Watch {
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<BTreeSet<String>>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watch {
    /// Begins to watch, or not.
    pub(super) fn start(watch: bool) -> Self {
        let (stop, seen) = (Arc::new(AtomicBool::new(!watch)), Arc::new(Mutex::new(BTreeSet::new())));
        let (stopped, found) = (Arc::clone(&stop), Arc::clone(&seen));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
                    let arguments = fs::read(process.path().join("cmdline")).unwrap_or_default();
                    if !arguments.is_empty() {
                        found.lock().expect("no panic").insert(String::from_utf8_lossy(&arguments).into_owned());
                    }
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        Self { stop, seen, thread: Some(thread) }
    }

    pub(super) fn stop(&mut self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("no panic");
        }
        std::mem::take(&mut self.seen.lock().expect("no panic"))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
