//! The template language against what Go 1.27 prints and says; the tables were compared with its `text/template`.

use serde_json::{Value, json};

use super::*;

mod actions;
mod faults;
mod functions;
mod limits;
mod literals;
mod printf;
mod property;
mod syntax;

fn context() -> Value {
    json!({
        "Name": "runner-1", "Empty": "", "On": true, "Off": false, "Count": 3, "Ratio": 1.5,
        "List": ["p", "q", "r"], "Numbers": [1, 2], "Mixed": ["a", 1, null], "None": [],
        "Map": {"a": "1", "b": "two"}, "Tree": {"leaf": {"x": "y"}, "n": 5},
        "Odd": "a<b>&\"c'd\\e\t\n\u{ad}\u{e9}",
    })
}

fn render(template: &str, context: &Value) -> String {
    Template::parse(template).expect(template).render(context).expect(template)
}

/// Templates with what they print.
fn prints(table: &[(&str, &str)]) {
    for (template, expected) in table {
        assert_eq!(render(template, &context()), *expected, "{template}");
    }
}
