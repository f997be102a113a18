//! The template language against what Go prints.

use serde_json::{Value, json};

use super::*;

fn render(template: &str, context: &Value) -> String {
    Template::parse(template).expect("a template").render(context).expect("renders")
}

#[test]
fn actions_print_what_go_prints() {
    let context = json!({"Name": "x", "On": true, "Off": false, "None": "", "Map": {"a": "1", "b": "2"}, "List": ["p", "q"], "Count": 3, "Empty": []});
    let table = [
        ("a{{ .Name }}b", "axb"),
        ("a {{- .Name -}} b", "axb"),
        ("a\n{{- /* nothing */ -}}\n b", "ab"),
        ("{{ if .On }}yes{{ else }}no{{ end }}", "yes"),
        ("{{ if .None }}yes{{ else if .On }}second{{ else }}no{{ end }}", "second"),
        ("{{ if and .On (not .Off) }}both{{ end }}", "both"),
        ("{{ if or .Off .None }}one{{ end }}", ""),
        ("{{ if eq .Name \"y\" \"x\" }}same{{ end }}", "same"),
        ("{{ range .List }}<{{ . }}>{{ end }}", "<p><q>"),
        ("{{ range $i, $v := .List }}{{ $i }}={{ $v }};{{ end }}", "0=p;1=q;"),
        ("{{ range $k, $v := .Map }}{{ $k }}{{ $v }}{{ $.Name }} {{ end }}", "a1x b2x "),
        ("{{ range .Empty }}{{ else }}none{{ end }}", "none"),
        ("{{ with .Name }}{{ . }}!{{ end }}{{ with .None }}{{ . }}{{ else }}?{{ end }}", "x!?"),
        ("{{ $x := .Name }}{{ $x }}{{ $x = \"z\" }}{{ $x }}", "xz"),
        ("{{ index .Map \"b\" }}{{ index .Map \"missing\" }}{{ .Map.missing }}", "2"),
        ("{{ .Name | printf \"%s-%s\" \"a\" | len }}", "3"),
        ("{{ len .List }} {{ gt .Count 2 }} {{ .Map }} {{ .List }}", "2 true map[a:1 b:2] [p q]"),
        ("{{ printf \"%q %v%%\" .Name .Count }}", "\"x\" 3%"),
        ("{{ `raw \\n` }}", "raw \\n"),
        ("{{ range .List }}{{ if eq . \"q\" }}{{ break }}{{ end }}{{ . }}{{ end }}", "p"),
    ];
    for (template, expected) in table {
        assert_eq!(render(template, &context), expected, "{template}");
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    let table = [
        ("a\nb {{ .Name", "line 2: unclosed action"),
        ("{{ if .A }}", "line 1: if has no {{end}}"),
        ("{{ end }}", "line 1: unexpected {{end}} or {{else}}"),
        ("{{ $x }}", "line 1: undefined variable \"$x\""),
        ("{{ urlquery .A }}", "line 1: function \"urlquery\" not defined"),
        ("\n{{ template \"a\" }}", "line 2: template is not supported; write the text where it is needed"),
        ("{{ (.A }}", "line 1: unclosed left paren"),
        ("{{ .A | }}", "line 1: missing value for command"),
    ];
    for (template, message) in table {
        assert_eq!(Template::parse(template).expect_err(template).to_string(), message);
    }
}

#[test]
fn a_field_the_context_does_not_have_is_an_error() {
    let error = Template::parse("\n{{ .Missing }}").expect("reads").render(&json!({"A": 1})).expect_err("missing");
    assert_eq!(error.to_string(), "line 2: can't evaluate field Missing");
}

#[test]
fn what_cannot_be_rendered_is_said_without_its_value() {
    for template in ["{{ range .Token }}{{ end }}", "{{ if lt .Token 1 }}{{ end }}", "{{ .Token.x }}", "{{ index .Token 1 }}"] {
        let error = Template::parse(template).expect("reads").render(&json!({"Token": "planted"})).expect_err(template);
        assert!(!error.to_string().contains("planted"), "{error}");
    }
}
