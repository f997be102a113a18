//! From an event to a line, and to everywhere it goes.

use tracing::span::{Attributes as NewSpan, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::feed::LogFeed;
use super::line::{Attributes, Format, Line};
use super::writer::Writer;
use crate::clock::Clock;

/// The name of spans whose lines are written but not given to those who follow: what sending lines makes others say must not be sent.
pub const UNFOLLOWED: &str = "unfollowed";

/// Makes lines of events.
pub(super) struct Lines {
    pub(super) format: Format,
    pub(super) writer: Writer,
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
        let text = line.render(self.format);
        if let Some(feed) = self.feed.as_ref().filter(|_| is_followed) {
            feed.tell(|| if self.format == Format::Json { text.clone() } else { line.render(Format::Json) });
        }
        self.writer.write(text);
    }
}
