//! What cannot be rendered.

use super::*;

#[test]
fn what_cannot_be_rendered_is_told_with_its_line() {
    let table = [
        ("a\n\n{{.Missing}}", "line 3: can't evaluate field Missing"),
        ("{{.Name.x}}", "line 1: can't evaluate field x in type string"),
        ("{{print 1\n.Count.x}}", "line 2: can't evaluate field x in type int"),
        ("{{.Name 1}}", "line 1: Name has arguments but cannot be invoked as function"),
        ("{{.Map.a 1}}", "line 1: a is not a method but has arguments"),
        ("{{3 4}}", "line 1: can't give argument to non-function"),
        ("{{1 | .Name}}", "line 1: Name has arguments but cannot be invoked as function"),
        (r#"{{"x" | (print)}}"#, "line 1: can't give argument to non-function"),
        ("{{nil}}", "line 1: nil is not a command"),
        ("{{$x = 1}}", "line 1: undefined variable: $x"),
        ("{{if .Off}}{{$y := 1}}{{else}}{{$y}}{{end}}", "line 1: undefined variable: $y"),
        ("{{range .Name}}{{end}}", "line 1: range can't iterate over a value of type string"),
        ("{{range 1.5}}{{end}}", "line 1: range can't iterate over a value of type float64"),
        ("{{range $i, $j := 3}}{{end}}", "line 1: can't use int to iterate over more than one variable"),
        (r#"{{template "x"}}"#, r#"line 1: template "x" not defined"#),
        ("{{len 3}}", "line 1: error calling len: len of type int"),
        ("{{len}}", "line 1: wrong number of args for len: want 1 got 0"),
        ("{{not 1 2}}", "line 1: wrong number of args for not: want 1 got 2"),
        ("{{and}}", "line 1: wrong number of args for and: want at least 1 got 0"),
        ("{{index}}", "line 1: wrong number of args for index: want at least 1 got 0"),
        ("{{eq 1}}", "line 1: error calling eq: missing argument for comparison"),
        ("{{ne 1}}", "line 1: wrong number of args for ne: want 2 got 1"),
        ("{{eq 1 1.0}}", "line 1: error calling eq: incompatible types for comparison: int and float64"),
        (r#"{{eq 1 "1"}}"#, "line 1: error calling eq: incompatible types for comparison: int and string"),
        ("{{eq .List .List}}", "line 1: error calling eq: non-comparable type []string"),
        ("{{eq .List .Map}}", "line 1: error calling eq: non-comparable types []string and map[string]string"),
        ("{{lt true false}}", "line 1: error calling lt: invalid type for comparison"),
        ("{{lt nil 1}}", "line 1: error calling lt: invalid type for comparison"),
        (r#"{{lt 1 "x"}}"#, "line 1: error calling lt: incompatible types for comparison: int and string"),
        ("{{index .List 3}}", "line 1: error calling index: index out of range"),
        ("{{index .List -1}}", "line 1: error calling index: index out of range"),
        (r#"{{index .List "a"}}"#, "line 1: error calling index: cannot index slice/array with type string"),
        ("{{index .Map 1}}", "line 1: error calling index: value has type int; should be string"),
        ("{{index .Map nil}}", "line 1: error calling index: value is nil; should be of type string"),
        ("{{index nil 1}}", "line 1: error calling index: index of untyped nil"),
        ("{{index 1 1}}", "line 1: error calling index: can't index item of type int"),
        (r#"{{index . "Name"}}"#, "line 1: error calling index: can't index item of type struct"),
        ("{{slice .Name 2 1}}", "line 1: error calling slice: invalid slice index"),
        ("{{slice .Name 1 2 3}}", "line 1: error calling slice: cannot 3-index slice a string"),
        ("{{slice .List 4}}", "line 1: error calling slice: index out of range"),
        ("{{slice .Map 1}}", "line 1: error calling slice: can't slice item of type map[string]string"),
        ("{{printf 5}}", "line 1: wrong type for value; expected string; got int"),
        ("{{printf nil}}", "line 1: invalid value; expected string"),
        ("{{.Count | printf}}", "line 1: wrong type for value; expected string; got int"),
        ("{{9223372036854775808}}", "line 1: the number overflows int"),
        ("{{.Mixed.x}}", "line 1: can't evaluate field x in type []interface {}"),
        (r#"{{"\xff"}}"#, "line 1: the output is not UTF-8"),
        ("{{.}}", "line 1: the context cannot be printed as a whole"),
        (r#"{{printf "%x" 1.5}}"#, "line 1: error calling printf: %x of a floating-point number is not supported"),
        (r#"{{printf "%p" .List}}"#, "line 1: error calling printf: %p is not supported"),
    ];
    for (template, message) in table {
        assert_eq!(Template::parse(template).expect("reads").render(&context()).expect_err(template).to_string(), message, "{template}");
    }
}

#[test]
fn no_fault_quotes_a_value() {
    let templates = [
        "{{range .Token}}{{end}}",
        "{{range $i, $v := .Number}}{{end}}",
        "{{if lt .Token 1}}{{end}}",
        "{{.Token.x}}",
        "{{.Token 1}}",
        "{{1 | .Token}}",
        "{{index .Token 100}}",
        "{{index .Token \"x\"}}",
        "{{index .List .Number}}",
        "{{index .Map .List}}",
        "{{slice .Token .Number}}",
        "{{slice .Token 8 1}}",
        "{{eq .List .Map}}",
        "{{eq .List .List}}",
        "{{eq .Token 1}}",
        "{{printf .List}}",
        "{{printf \"%p\" .List}}",
        "{{len .Number}}",
        "{{.}}",
        "{{print .}}",
        "{{printf \"%v\" .}}",
        "{{html .}}",
        "{{template .Token}}",
        "{{.Token | \"planted\"}}",
        "{{\"planted\" 1}}",
        "{{printf 1 \"planted\"}}",
    ];
    let context = json!({"Token": "planted", "Number": 4711, "List": ["planted"], "Map": {"planted": "planted"}});
    for template in templates {
        let told = match Template::parse(template) {
            Ok(template) => template.render(&context).expect_err("a fault").to_string(),
            Err(fault) => fault.to_string(),
        };
        assert!(!told.contains("planted") && !told.contains("4711"), "{template}: {told}");
    }
}
