//! From an event to a line, and to everywhere it goes.

use std::io::{self, Write};
use std::sync::Arc;

use tracing::span::{Attributes as NewSpan, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::Format;
use super::feed::LogFeed;
use super::file::LogFile;
use super::line::{Attributes, Line};
use crate::clock::Clock;

/// The name of spans whose lines are written but not given to those who follow: what sending lines makes others say must not be sent.
pub const UNFOLLOWED: &str = "unfollowed";

/// Where lines are written.
pub(super) enum Place {
    StandardOutput,
    File(Arc<LogFile>),
}

/// Writes lines.
pub(super) struct Lines {
    pub(super) format: Format,
    pub(super) place: Place,
    pub(super) feed: Option<LogFeed>,
    pub(super) source: bool,
    pub(super) clock: Clock,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, new: &NewSpan<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut attributes = Attributes::default();
        new.record(&mut attributes);
        span.extensions_mut().insert(attributes);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(attributes) = span.extensions_mut().get_mut::<Attributes>() {
            values.record(attributes);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut attributes = Attributes::default();
        let mut is_followed = true;
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            is_followed &= span.name() != UNFOLLOWED;
            if let Some(of_span) = span.extensions().get::<Attributes>() {
                attributes.extend(of_span);
            }
        }
        event.record(&mut attributes);
        let line = Line {
            time: self.clock.now(),
            level: *event.metadata().level(),
            source: self.source.then(|| event.metadata()),
            message: attributes.take_message(),
            attributes,
        };
        let text = match self.format {
            Format::Text => line.to_text(),
            Format::Json => line.to_json(),
        };
        match &self.place {
            Place::File(file) => file.write(&text),
            Place::StandardOutput => {
                // Where the log has no reader any more, there is no place to tell.
                let _unread = io::stdout().lock().write_all(text.as_bytes());
            }
        }
        if let Some(feed) = self.feed.as_ref().filter(|_| is_followed) {
            feed.tell(|| if self.format == Format::Json { text } else { line.to_json() });
        }
    }
}
