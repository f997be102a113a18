//! Text, blocks, variables, templates and pipelines.

use super::prints;

#[test]
fn text_is_copied_but_for_what_trim_markers_and_comments_take() {
    prints(&[
        ("plain", "plain"),
        ("a {{- 3 -}} b {{-3}} c", "a3b -3 c"),
        ("a\n{{- .Name -}}\n b", "arunner-1b"),
        ("{{/* a comment */}}x{{- /* one\nmore */ -}} y", "xy"),
        ("x {{/* c */ -}}   y", "x y"),
        (r#"{{- ""}}"#, ""),
        (r#"}} { { } {{"}}"}}{{"{{"}}"#, "}} { { } }}{{"),
        ("x{{-\n.Name\n-}}\ny", "xrunner-1y"),
        ("{{`a\r\nb`}}", "a\nb"),
    ]);
}

#[test]
fn conditions_take_the_first_arm_that_holds() {
    prints(&[
        ("{{if .On}}yes{{else}}no{{end}}", "yes"),
        ("{{if .Off}}1{{else if .Empty}}2{{else if .Count}}3{{else}}4{{end}}", "3"),
        ("{{if and .On (not .Off)}}both{{end}}", "both"),
        ("{{if .None}}x{{end}}{{if .Map}}y{{end}}{{if 0.0}}z{{end}}{{if .}}w{{end}}{{if .Map.missing}}v{{end}}", "yw"),
        ("{{with .Name}}{{.}}{{$.Count}}{{end}}{{with .Empty}}{{.}}{{else}}?{{end}}", "runner-13?"),
        ("{{with .Empty}}1{{else with .Name}}{{.}}{{else}}3{{end}}", "runner-1"),
        ("{{with $x := .Tree}}{{$x.n}}{{.leaf.x}}{{end}}", "5y"),
        ("{{if $x := .Empty}}{{else}}[{{$x}}]{{end}}", "[]"),
    ]);
}

#[test]
fn loops_walk_lists_maps_and_numbers() {
    prints(&[
        ("{{range .List}}<{{.}}>{{end}}{{range .None}}x{{else}}none{{end}}", "<p><q><r>none"),
        ("{{range $v := .List}}{{$v}}{{end}} {{range $i, $v := .List}}{{$i}}{{$v}}{{end}}", "pqr 0p1q2r"),
        ("{{range $k, $v := .Map}}{{$k}}={{$v}};{{end}}{{range .Map}}{{.}}{{end}}", "a=1;b=two;1two"),
        (
            "{{range 3}}{{.}}{{end}}{{range $i := .Count}}{{$i}}{{end}}{{range 0}}x{{else}}zero{{end}}{{range -1}}x{{else}}less{{end}}",
            "012012zeroless",
        ),
        ("{{range .Map.missing}}x{{else}}nothing{{end}}", "nothing"),
        (r#"{{range .List}}{{if eq . "q"}}{{break}}{{end}}{{.}}{{end}}"#, "p"),
        (r#"{{range .List}}{{if eq . "q"}}{{continue}}{{end}}{{.}}{{end}}"#, "pr"),
        ("{{range .List}}{{range $.Numbers}}{{.}}{{break}}{{end}}{{.}}{{continue}}x{{end}}", "1p1q1r"),
        ("{{$k := 1}}{{$v := 2}}{{range $k, $v = .List}}{{end}}{{$k}}{{$v}}", "2r"),
        ("{{range $i, $v := .None}}{{else}}{{$i}}{{$v}}{{end}}", "[][]"),
        ("{{$b := .List}}{{range $a, $b}}{{$a}}{{end}}", "pqr"),
        ("{{range .Mixed}}{{.}},{{end}}", "a,1,<no value>,"),
        (r#"{{range (index "\x03" 0)}}{{.}}{{end}}"#, "012"),
    ]);
}

#[test]
fn variables_live_until_the_end_of_their_block() {
    prints(&[
        (r#"{{$x := .Name}}{{$x}}{{$x = "z"}}{{$x}}"#, "runner-1z"),
        ("{{$x := 1}}{{if true}}{{$x = 2}}{{$x := 3}}{{$x}}{{end}}{{$x}}", "32"),
        ("{{$x := .Tree}}{{$x.leaf.x}}{{($x).n}}", "y5"),
        ("{{$x := 1}}{{if .Off}}{{$x := 2}}{{else}}{{$x}}{{end}}", "1"),
        ("{{($x := 5)}}{{$x}}", "55"),
        ("{{$x := 1}}{{or true ($x := 5)}}{{$x}}", "true1"),
        ("{{range .Numbers}}{{$.Count}}{{.}}{{end}}", "3132"),
        ("{{$x := 1}}{{range .List}}{{$x = .}}{{end}}{{$x}}", "r"),
    ]);
}

#[test]
fn templates_are_named_and_used() {
    prints(&[
        (r#"{{define "T"}}<{{.}}>{{end}}{{template "T" .Name}}{{template "T"}}{{template `T` 1}}"#, "<runner-1><<no value>><1>"),
        (r#"{{template "T" .List}}{{define "T"}}{{range .}}{{.}}{{end}}{{end}}"#, "pqr"),
        (r#"{{define "T"}}{{$}}{{end}}{{$x := 1}}{{template "T" $x}}"#, "1"),
        (r#"{{define "T"}}a{{end}}{{define "T"}} {{/* empty */}}{{end}}{{template "T"}}"#, "a"),
        (r#"{{define "T"}} {{end}}{{define "T"}}b{{end}}{{template "T"}}"#, "b"),
        (r#"{{block "b" .Name}}[{{.}}]{{end}}{{template "b" 5}}"#, "[runner-1][5]"),
        (r#"{{range .List}}{{block "b" .}}[{{.}}]{{end}}{{end}}"#, "[p][q][r]"),
        (r#"{{define "r"}}{{if .}}{{len .}}{{template "r" (slice . 1)}}{{end}}{{end}}{{template "r" .Name}}"#, "87654321"),
        (r#"{{define ""}}whole{{end}} "#, "whole"),
    ]);
}

#[test]
fn pipelines_hand_values_on() {
    prints(&[
        (r#"{{.Name | printf "%s-%s" "a" | len}}"#, "10"),
        (r#"{{5 | and 1}}{{0 | or 7}}{{.Name | eq "runner-1"}}"#, "57true"),
        ("{{.Name | }}", "runner-1"),
        (r#"{{(.Map).a}} {{(index .Tree "leaf").x}} {{(.Tree.leaf).x}} {{($).Name}}"#, "1 y y runner-1"),
        (r#"{{.Name | html | printf "%q" | len | printf "%03d"}}"#, "010"),
        (r#"{{print (len (print "a" (len .Name)))}}"#, "2"),
        (r#"{{print (1)}}{{print "a" .Name|len}}"#, "19"),
        (r#"{{.Map.missing}} {{index .Map "missing"}} {{.Map.missing.more}} {{.Tree.missing}}"#, "<no value>  <no value> <no value>"),
        ("{{print nil}} {{.Tree.leaf}}", "<nil> map[x:y]"),
    ]);
}
