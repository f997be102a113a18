//! A small writer of SVG: enough for charts, and nothing that could be not well-formed.

use std::fmt::{Display, Write};

/// A drawing.
pub(super) struct Svg {
    text: String,
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    pub(super) fn new(width: f64, height: f64, title: &str, style: &str) -> Self {
        let mut svg = Self { text: String::new() };
        svg.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">"
        ));
        svg.put(format_args!("<title>{}</title>", escaped(title)));
        svg.put(format_args!("<style>{style}</style>"));
        // A ground of its own: viewers in the dark would show black on black.
        svg.put(format_args!("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"));
        svg
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    fn put(&mut self, what: impl Display) {
        writeln!(self.text, "{what}").expect("a string takes everything");
    }

    pub(super) fn text(&mut self, class: &str, anchor: Anchor, x: f64, y: f64, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.put(format_args!("<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(text)));
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.put(format_args!("<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"));
    }

    pub(super) fn rect(&mut self, class: &str, colour: &str, at: (f64, f64), size: (f64, f64)) {
        let ((x, y), (width, height)) = (at, size);
        self.put(format_args!(
            "<rect class=\"{class}\" fill=\"{colour}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
        ));
    }

    /// An area in a colour.
    pub(super) fn area(&mut self, class: &str, colour: &str, path: &str) {
        if !path.is_empty() {
            self.put(format_args!("<path class=\"{class}\" fill=\"{colour}\" d=\"{path}\"/>"));
        }
    }

    /// A curve in a colour.
    pub(super) fn curve(&mut self, class: &str, colour: &str, path: &str) {
        if !path.is_empty() {
            self.put(format_args!("<path class=\"{class}\" fill=\"none\" stroke=\"{colour}\" d=\"{path}\"/>"));
        }
    }
}

/// Names come from people.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
