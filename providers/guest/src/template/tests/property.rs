//! Whatever the text, there is an answer.

use proptest::prelude::*;

use super::*;

/// Pieces of the language in any order, which come further than random characters.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{- ",
    " -}}",
    " ",
    "\n",
    "text",
    ".",
    "$",
    "$x",
    ".Name",
    ".List",
    ".Map",
    ".a",
    "(",
    ")",
    "|",
    ":=",
    "=",
    ",",
    "\"a\"",
    "\"%d %s\"",
    "'a'",
    "`b`",
    "1",
    "-1",
    "1.5",
    "0x1p-2",
    "9223372036854775808",
    "if",
    "else",
    "end",
    "range",
    "with",
    "define",
    "template",
    "block",
    "break",
    "continue",
    "nil",
    "true",
    "print",
    "printf",
    "len",
    "index",
    "slice",
    "eq",
    "lt",
    "and",
    "html",
    "js",
    "/*",
    "*/",
    "é",
    "+",
    "-",
    "\"",
    "'",
    "`",
    "{{range .List}}",
    "{{if .Name}}",
    "{{with .Map}}",
    "{{end}}",
    "{{else}}",
    "{{$x := 1}}",
    "{{.}}",
    "{{printf \"",
    "%",
    "%[1]*.[2]*[3]",
    "\\x",
    "\u{0}",
];

/// Reads and renders; whatever is refused is so at a line of the template, in one line.
fn answers(template: &str) {
    let (line, message) = match Template::parse(template).map(|template| template.render(&context())) {
        Ok(Ok(_)) => return,
        Ok(Err(fault)) => (fault.line, fault.message),
        Err(fault) => (fault.line, fault.message),
    };
    assert!((1..=template.matches('\n').count() + 1).contains(&line), "line {line}");
    assert!(!message.is_empty() && !message.contains('\n'), "{message:?}");
}

proptest! {
    #[test]
    fn any_text_is_read_and_rendered_or_refused(text in any::<String>()) {
        answers(&text);
        answers(&format!("{{{{{text}}}}}"));
    }

    #[test]
    fn any_pieces_of_the_language_are_read_and_rendered_or_refused(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        answers(&pieces.concat());
    }

    #[test]
    fn any_format_prints_something(format in any::<String>(), directive in "%[-+# 0]{0,3}[0-9]{0,3}(\\.[0-9]{0,3})?[a-zA-Z%]") {
        let template = Template::parse("{{printf .Format .Text 1 1.5 .Text true nil}}").expect("a template");
        for format in [format, directive] {
            let context = json!({"Format": format, "Text": "é"});
            // Only what is refused by name may fail.
            if let Err(fault) = template.render(&context) {
                prop_assert!(fault.message.contains("not supported") || fault.message.contains("not UTF-8"), "{fault}");
            }
        }
    }

    #[test]
    fn text_without_braces_renders_to_itself(text in "[^{]*") {
        let rendered = Template::parse(&text).expect("text is a template").render(&json!({})).expect("renders");
        prop_assert_eq!(rendered, text);
    }

    #[test]
    fn quoted_text_prints_itself(text in any::<String>()) {
        let quoted = quote::quote(text.as_bytes(), '"', false);
        prop_assert_eq!(render(&format!("{{{{{quoted}}}}}"), &json!({})), text);
    }
}
