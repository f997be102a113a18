//! Replays as a picture: the queue, the machines and the waits over the same time.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "coordinates are small, and no numbers are counted with"
)]

use std::fmt::Write;
use std::time::Duration;

use super::series::{Series, waits};
use super::svg::{Anchor, Svg};
use super::{Load, Replay};
use crate::time::Timestamp;

const WIDTH: f64 = 1160.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 28.0;
/// Where the first chart's head is.
const TOP: f64 = 84.0;
/// From the head of a chart to its upper edge, and from its lower edge to the next head.
const HEAD: f64 = 14.0;
const GAP: f64 = 44.0;
const FOOT: f64 = 56.0;
const QUEUE_HEIGHT: f64 = 130.0;
const MACHINES_HEIGHT: f64 = 150.0;
const WAITS_HEIGHT: f64 = 190.0;

/// One for each policy, told apart also by those who do not see all colours; then they begin again.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#aa4499", "#b8860b", "#555555"];

const STYLE: &str = "text{font-family:system-ui,'Segoe UI','Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif;font-size:12px;fill:#444}\
.title{font-size:18px;font-weight:600;fill:#111}.sub{fill:#666}.head{font-size:13px;font-weight:600;fill:#111}.date{font-weight:600;fill:#111}\
.grid{stroke:#e8e8e8}.axis{stroke:#888}.day{stroke:#bbb;stroke-dasharray:3 3}\
.queue,.middle,.most{stroke-linejoin:round;stroke-linecap:round}.queue{stroke-width:1.6}.middle{stroke-width:2.2}.most{stroke-width:1;stroke-opacity:.75}\
.band{fill-opacity:.13}.busy{fill-opacity:.9}.idle{fill-opacity:.42}.changing{fill-opacity:.18}";

/// The possible units of an axis.
const SECONDS: [f64; 17] =
    [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0, 43_200.0];
const DAY: f64 = 86_400.0;

/// Draws replays of the same load.
#[must_use]
pub fn plot(load: &Load, replays: &[Replay]) -> String {
    let height =
        TOP + (HEAD + GAP) * (replays.len() + 2) as f64 + QUEUE_HEIGHT + MACHINES_HEIGHT * replays.len() as f64 + WAITS_HEIGHT - GAP + FOOT;
    let names: Vec<&str> = replays.iter().map(|replay| replay.policy.name.as_str()).collect();
    let lasted = replays.iter().map(|replay| replay.lasted).max().unwrap_or_default().max(Duration::from_mins(1));
    let mut plot = Plot {
        svg: Svg::new(WIDTH, height, &format!("Replay of {} jobs: {}", load.jobs().len(), names.join(", ")), STYLE),
        time: Time { began_at: load.began_at(), lasted: lasted.as_secs_f64() },
        top: TOP,
    };
    plot.title(load, &names);
    // Fine enough to show a burst, coarse enough to be read by a browser.
    let step = lasted / 420;
    let series: Vec<Series> = replays.iter().map(|replay| Series::new(replay, step, 420)).collect();
    plot.queue(&series);
    plot.machines(&names, &series);
    plot.waits(replays, lasted);
    plot.svg.text("sub", Anchor::Middle, f64::midpoint(LEFT, WIDTH - RIGHT), height - 12.0, "UTC");
    plot.svg.finish()
}

fn colour(number: usize) -> &'static str {
    COLOURS[number % COLOURS.len()]
}

struct Plot {
    svg: Svg,
    time: Time,
    /// Where the head of the next chart is.
    top: f64,
}

/// The axis that all charts share.
#[derive(Clone, Copy)]
struct Time {
    began_at: Timestamp,
    lasted: f64,
}

impl Time {
    /// Where a moment is, in seconds from the beginning.
    fn x(self, seconds: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * seconds / self.lasted
    }

    /// Round times: seconds from the beginning, what to write there, and whether a day begins.
    fn ticks(self) -> Vec<(f64, String, bool)> {
        let step = SECONDS.into_iter().chain([DAY, 2.0 * DAY, 7.0 * DAY, 28.0 * DAY]).find(|step| self.lasted / step <= 13.0);
        let step = step.unwrap_or(91.0 * DAY);
        let began = self.began_at.since(Timestamp::EPOCH).as_secs_f64();
        let mut at = (began / step).ceil() * step;
        let mut ticks = Vec::new();
        while at <= began + self.lasted {
            let told = Timestamp::EPOCH.after(Duration::from_secs_f64(at)).to_short_string();
            let is_day = at % DAY == 0.0;
            let text = if is_day {
                &told[..10]
            } else if step < 60.0 {
                &told[11..19]
            } else {
                &told[11..16]
            };
            ticks.push((at - began, text.to_owned(), is_day));
            at += step;
        }
        ticks
    }
}

/// The upright axis of one chart.
#[derive(Clone, Copy)]
struct Scale {
    top: f64,
    height: f64,
    max: f64,
}

impl Scale {
    fn y(self, value: f64) -> f64 {
        self.top + self.height * (1.0 - value / self.max)
    }
}

impl Plot {
    fn title(&mut self, load: &Load, names: &[&str]) {
        let short = |at: Timestamp| at.to_short_string()[..16].replace('T', " ");
        let jobs = load.jobs().len();
        self.svg.text("title", Anchor::Start, LEFT, 34.0, &format!("Replay of {jobs} jobs"));
        let when = format!("queued from {} to {} UTC", short(load.began_at()), short(load.ended_at()));
        self.svg.text("sub", Anchor::Start, LEFT, 54.0, &when);
        let legend: Vec<_> = names.iter().enumerate().map(|(number, name)| (*name, "key", colour(number))).collect();
        self.legend(34.0, &legend);
    }

    /// Swatches with words, ending at the right edge.
    fn legend(&mut self, y: f64, entries: &[(&str, &str, &str)]) {
        let mut x = WIDTH - RIGHT;
        for (name, class, colour) in entries.iter().rev() {
            // As wide as the text is likely to be: there is nothing here that knows fonts.
            x -= 6.8 * name.chars().count() as f64;
            self.svg.text("", Anchor::Start, x, y, name);
            x -= 18.0;
            self.svg.rect(class, colour, (x, y - 9.5), (12.0, 10.0));
            x -= 16.0;
        }
    }

    /// The head, the grid and the axes of the next chart.
    fn chart(&mut self, head: &str, height: f64, max: f64, ticks: &[(f64, String)], is_last: bool) -> Scale {
        let scale = Scale { top: self.top + HEAD, height, max };
        let (left, right, bottom) = (LEFT, WIDTH - RIGHT, scale.top + height);
        self.svg.text("head", Anchor::Start, left, self.top, head);
        for (value, text) in ticks {
            let y = scale.y(*value);
            self.svg.line("grid", (left, y), (right, y));
            self.svg.text("", Anchor::End, left - 9.0, y + 4.0, text);
        }
        for (seconds, text, is_day) in self.time.ticks() {
            let x = self.time.x(seconds);
            self.svg.line(if is_day { "day" } else { "grid" }, (x, scale.top), (x, bottom));
            if is_last {
                self.svg.line("axis", (x, bottom), (x, bottom + 5.0));
                // A date at the very edge would be cut off.
                let (anchor, x) = if x > right - 30.0 { (Anchor::End, right) } else { (Anchor::Middle, x) };
                self.svg.text(if is_day { "date" } else { "" }, anchor, x, bottom + 20.0, &text);
            }
        }
        self.svg.line("axis", (left, bottom), (right, bottom));
        self.top = bottom + GAP;
        scale
    }

    fn queue(&mut self, series: &[Series]) {
        let (max, ticks) = counts(series.iter().flat_map(|series| &series.queue).copied().fold(0.0, f64::max));
        let scale = self.chart("Jobs waiting", QUEUE_HEIGHT, max, &ticks, false);
        for (number, series) in series.iter().enumerate() {
            let path = self.steps(scale, &series.queue.iter().copied().map(Some).collect::<Vec<_>>());
            self.svg.curve("queue", colour(number), &path);
        }
    }

    fn machines(&mut self, names: &[&str], series: &[Series]) {
        let layers = |series: &Series| {
            let sum = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(one, other)| one + other).collect::<Vec<_>>();
            let ready = sum(&series.busy, &series.idle);
            let all = sum(&ready, &series.changing);
            [series.busy.clone(), ready, all]
        };
        let layers: Vec<[Vec<f64>; 3]> = series.iter().map(layers).collect();
        let (max, ticks) = counts(layers.iter().flat_map(|layers| &layers[2]).copied().fold(0.0, f64::max));
        for (number, layers) in layers.iter().enumerate() {
            let colour = colour(number);
            let legend_at = self.top;
            let scale = self.chart(&format!("Machines: {}", names[number]), MACHINES_HEIGHT, max, &ticks, false);
            self.legend(legend_at, &[("busy", "busy", colour), ("idle", "idle", colour), ("starting or ending", "changing", colour)]);
            let ground = vec![0.0; layers[0].len()];
            let pairs = [("busy", &ground, &layers[0]), ("idle", &layers[0], &layers[1]), ("changing", &layers[1], &layers[2])];
            for (class, below, above) in pairs {
                let path = self.between(scale, below, above);
                self.svg.area(class, colour, &path);
            }
        }
    }

    fn waits(&mut self, replays: &[Replay], lasted: Duration) {
        // Steps long enough to have several jobs, of a length that people can name.
        let wanted = lasted.as_secs_f64() / 100.0;
        let step = SECONDS.into_iter().find(|step| *step >= wanted).unwrap_or(DAY);
        let steps = (lasted.as_secs_f64() / step).ceil() as usize;
        let waits: Vec<_> = replays.iter().map(|replay| waits(replay, Duration::from_secs_f64(step), steps)).collect();
        let (max, ticks) = durations(waits.iter().flatten().flatten().map(|waits| waits.max).fold(1.0, f64::max));
        let legend_at = self.top;
        let head = format!("Wait until a runner begins the job, by when it was queued, in steps of {}", span(step));
        let scale = self.chart(&head, WAITS_HEIGHT, max, &ticks, true);
        let colours: Vec<&str> = (0..waits.len()).map(colour).collect();
        self.svg.text("", Anchor::End, WIDTH - RIGHT, legend_at, "thick: median, thin: longest");
        for (waits, colour) in waits.iter().zip(&colours) {
            let (mut bars, mut middle, mut most) = (String::new(), Vec::new(), Vec::new());
            for (number, waits) in waits.iter().enumerate() {
                middle.push(waits.map(|waits| waits.p50));
                most.push(waits.map(|waits| waits.max));
                if let Some(waits) = waits {
                    let from = self.time.x(number as f64 * step);
                    let to = self.time.x(((number + 1) as f64 * step).min(self.time.lasted));
                    write!(bars, "M{from:.1} {:.1}H{to:.1}V{:.1}H{from:.1}Z", scale.y(waits.max), scale.y(waits.p50)).expect("a string");
                }
            }
            self.svg.area("band", colour, &bars);
            let path = self.steps_of(scale, &most, step);
            self.svg.curve("most", colour, &path);
            let path = self.steps_of(scale, &middle, step);
            self.svg.curve("middle", colour, &path);
        }
    }

    /// A line that is level all through a step, over steps that fill the axis.
    fn steps(&self, scale: Scale, values: &[Option<f64>]) -> String {
        self.steps_of(scale, values, self.time.lasted / values.len() as f64)
    }

    /// The same for steps of so many seconds; interrupted where there is no value.
    fn steps_of(&self, scale: Scale, values: &[Option<f64>], step: f64) -> String {
        let mut path = String::new();
        let mut is_drawn = false;
        for (number, value) in values.iter().enumerate() {
            if let Some(value) = value {
                let (from, y) = (self.time.x(number as f64 * step), scale.y(*value));
                let to = self.time.x(((number + 1) as f64 * step).min(self.time.lasted));
                let begin = if is_drawn { format!("V{y:.1}") } else { format!("M{from:.1} {y:.1}") };
                write!(path, "{begin}H{to:.1}").expect("a string");
            }
            is_drawn = value.is_some();
        }
        path
    }

    /// The area between two such lines.
    fn between(&self, scale: Scale, below: &[f64], above: &[f64]) -> String {
        let x = |number: usize| self.time.x(self.time.lasted / above.len() as f64 * number as f64);
        let mut path = format!("M{:.1} {:.1}", x(0), scale.y(below.first().copied().unwrap_or_default()));
        for (number, value) in above.iter().enumerate() {
            write!(path, "V{:.1}H{:.1}", scale.y(*value), x(number + 1)).expect("a string");
        }
        for (number, value) in below.iter().enumerate().rev() {
            write!(path, "V{:.1}H{:.1}", scale.y(*value), x(number)).expect("a string");
        }
        path.push('Z');
        path
    }
}

/// A maximum a little above the largest value, and round numbers up to it.
fn counts(largest: f64) -> (f64, Vec<(f64, String)>) {
    let mut step = 1.0;
    for factor in [2.0, 2.5, 2.0].into_iter().cycle() {
        if largest / step <= 5.0 {
            break;
        }
        step *= factor;
    }
    axis(largest, step, |value| format!("{value:.0}"))
}

/// The same for seconds.
fn durations(largest: f64) -> (f64, Vec<(f64, String)>) {
    let step = SECONDS.into_iter().chain([DAY]).find(|step| largest / step <= 5.0).unwrap_or(DAY);
    axis(largest, step, |value| if value == 0.0 { "0".to_owned() } else { span(value) })
}

fn axis(largest: f64, step: f64, text: impl Fn(f64) -> String) -> (f64, Vec<(f64, String)>) {
    let count = (largest / step).ceil().max(1.0);
    (count * step, (0..=count as usize).map(|number| (number as f64 * step, text(number as f64 * step))).collect())
}

/// `90 s`, `5 min`, `1.5 h`.
fn span(seconds: f64) -> String {
    let (value, unit) = match seconds {
        seconds if seconds < 60.0 || seconds % 60.0 != 0.0 => (seconds, "s"),
        seconds if seconds < 3600.0 || seconds % 1800.0 != 0.0 => (seconds / 60.0, "min"),
        seconds => (seconds / 3600.0, "h"),
    };
    format!("{value} {unit}")
}
