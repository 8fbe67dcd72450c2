//! What a person sees who writes expressions.

use super::{MAX_EXPRESSIONS, check, evaluate};
use crate::failure::Failure;
use crate::none;

fn one(expression: &str, input: &str) -> Result<String, String> {
    let values =
        evaluate(&[expression], input, "{}", none).map_err(|failure| failure.to_string())?;
    Ok(values.concat())
}

fn refusal(expression: &str, input: &str) -> String {
    one(expression, input).expect_err("the expression must fail")
}

fn complaint(expression: &str) -> String {
    check(expression).expect_err("the expression must be refused").to_string()
}

#[test]
fn expressions_answer_in_their_order() {
    let values = evaluate(&[".b", ".a", "."], r#"{"a":1,"b":"x"}"#, "{}", none).unwrap();
    assert_eq!(values, [r#""x""#, "1", r#"{"a":1,"b":"x"}"#]);
    assert_eq!(evaluate(&[], "null", "{}", none).unwrap(), Vec::<String>::new());
}

#[test]
fn variables_have_the_names_of_the_members() {
    let vars = r#"{"record":{"id":7},"rate_1":"1.10"}"#;
    let values = evaluate(&["[$rate_1, $record.id, .]"], "3", vars, none).unwrap();
    assert_eq!(values, [r#"["1.10",7,3]"#]);
}

#[test]
fn variables_with_names_that_no_expression_could_write_are_refused() {
    for vars in [r#"{"a-b":1}"#, r#"{"":1}"#, r#"{"1a":1}"#, "[1]", "7"] {
        assert!(
            matches!(evaluate(&["."], "1", vars, none), Err(Failure::BadData { .. })),
            "{vars}"
        );
    }
}

#[test]
fn the_standard_words_of_jq_are_there() {
    let cases = [
        ("map(. + 1) | add", "[1,2]", "5"),
        (r#"with_entries(.value |= tostring)"#, r#"{"a":1}"#, r#"{"a":"1"}"#),
        (r#"[.[] | select(.on) | .n] | sort | first"#, r#"[{"on":true,"n":2}]"#, "2"),
        (r#"gsub("[^0-9]"; "")"#, r#""+41 44-1""#, r#""41441""#),
        (r#"@base64 "x\(.)""#, r#""ab""#, r#""xYWI=""#),
        (r#"try error("no") catch ."#, "null", r#""no""#),
        (r#".a.b.c // "none""#, "{}", r#""none""#),
        (r#"def twice(f): f | f; twice(. * 3)"#, "2", "18"),
        (r#". as {a: $x, b: [$y]} | $x + $y"#, r#"{"a":1,"b":[2]}"#, "3"),
        (r#"[limit(2; .[])] | join("-")"#, "[1,2,3]", r#""1-2""#),
        (
            r#"fromdateiso8601 | todateiso8601"#,
            r#""2038-01-20T00:00:00Z""#,
            r#""2038-01-20T00:00:00Z""#,
        ),
        (r#"group_by(.k) | map(length)"#, r#"[{"k":1},{"k":1},{"k":2}]"#, "[2,1]"),
        (r#"[paths] | length"#, r#"{"a":[1]}"#, "2"),
        (r#"ascii_downcase | ltrimstr("a") | test("^b")"#, r#""AB""#, "true"),
        ("del(.a) | keys", r#"{"a":1,"b":2}"#, r#"["b"]"#),
    ];
    for (expression, input, output) in cases {
        assert_eq!(one(expression, input).as_deref(), Ok(output), "{expression}");
    }
}

#[test]
fn patterns_formats_times_and_mathematics_are_those_of_jq() {
    let cases = [
        (
            r#"[match("(?<y>a)(b)?"; "gi") | [.offset, .length, .string, (.captures | length)]]"#,
            r#""üAxab""#,
            r#"[[1,1,"A",1],[3,2,"ab",2]]"#,
        ),
        (
            r#"capture("(?<year>[0-9]+)-(?<month>[0-9]+)")"#,
            r#""2026-01""#,
            r#"{"year":"2026","month":"01"}"#,
        ),
        (r#"[scan("[a-z]+")]"#, r#""ab1cd""#, r#"["ab","cd"]"#),
        (r#"[splits(", *")]"#, r#""a, b,c""#, r#"["a","b","c"]"#),
        (r#"sub("(?<d>[0-9])"; "<\(.d)>")"#, r#""a1b2""#, r#""a<1>b2""#),
        (r#"gsub("^"; ">")"#, r#""a""#, r#"">a""#),
        (r#"test("A.B"; "is")"#, r#""xa\nb""#, "true"),
        (r#"[.[] | @uri]"#, r#"["a b/ü~"]"#, r#"["a%20b%2F%C3%BC~"]"#),
        (r#"@urid"#, r#""a%20b%2fc%C3%BC%zz%""#, r#""a b/cü%zz%""#),
        (r#"@html "<b>\(.)</b>""#, r#""a<b&'c'""#, r#""<b>a&lt;b&amp;&#39;c&#39;</b>""#),
        (r#"@html | @htmld"#, r#""&lt;\"x\"&""#, r#""&lt;\"x\"&""#),
        (r#"@base64d"#, r#""w7w=""#, r#""ü""#),
        (r#".@base64 "x\(.a)""#, r#"{"a":"b","eGI=":1,"xYg==":2}"#, "2"),
        (r#"(.a and@json)"#, r#"{"a":1}"#, "true"),
        ("todate", "1700000000", r#""2023-11-14T22:13:20Z""#),
        ("todate", "1700000000.5", r#""2023-11-14T22:13:20.5Z""#),
        ("fromdate", r#""2106-02-07T06:28:16Z""#, "4294967296"),
        ("gmtime", "951782400.25", "[2000,1,29,0,0,0.25,2,59]"),
        ("gmtime | mktime", "1700000000", "1700000000"),
        (r#"strftime("%d.%m.%Y")"#, "1700000000", r#""14.11.2023""#),
        (
            r#"strptime("%d.%m.%Y %H:%M") | mktime | todate"#,
            r#""14.11.2023 10:30""#,
            r#""2023-11-14T10:30:00Z""#,
        ),
        (r#"[sqrt, pow(.; 2), trunc, (100 | log10)]"#, "4", "[2.0,16.0,4.0,2.0]"),
    ];
    for (expression, input, output) in cases {
        assert_eq!(one(expression, input).as_deref(), Ok(output), "{expression}");
    }
    assert!(refusal(r#"test("(")"#, "\"x\"").starts_with("the regular expression is not one"));
    assert!(refusal(r#"test("x"; "q")"#, "\"x\"").contains("`q` is no flag"));
    assert!(refusal("@base64d", "\"?\"").contains("not base64"));
    assert!(refusal("fromdate", "\"yesterday\"").contains("not a time"));
    assert!(refusal("mktime", "[2026,40]").contains("not a time"));
}

#[test]
fn many_patterns_in_one_call_keep_their_own_flags_and_answers() {
    let many: Vec<String> = (0..20).map(|n| format!(r#"test("^{n}$")"#)).collect();
    let expression = format!("map([{}] | index(true))", many.join(","));
    assert_eq!(one(&expression, r#"["19","0","7","x","19"]"#).as_deref(), Ok("[19,0,7,null,19]"));
    let flags = r#"[test("A"), test("A"; "i"), test("A"), [scan("a")], sub("a"; "b")]"#;
    assert_eq!(one(flags, r#""aa""#).as_deref(), Ok(r#"[false,true,false,["a","a"],"ba"]"#));
}

#[test]
fn numbers_that_are_only_passed_on_keep_their_text() {
    let input = r#"{"a":1.10,"b":12345678901234567890123,"c":1e400,"d":-0.50}"#;
    assert_eq!(one(".", input).as_deref(), Ok(input));
    assert_eq!(one("\"\\(.a)\"", input).as_deref(), Ok(r#""1.10""#));
}

#[test]
fn results_are_strict_json_whatever_was_computed() {
    assert!(refusal("nan", "null").contains("infinite or not a number"));
    assert!(refusal("infinite", "null").contains("infinite or not a number"));
    assert!(refusal("{(1 | tostring | tojson | fromjson | tonumber): 2}", "null").contains("key"));
    assert!(refusal("tobytes", "\"x\"").contains("@base64"));
    assert_eq!(one(".", r#""\u0000\" \\ ü""#).as_deref(), Ok(r#""\u0000\" \\ ü""#));
}

#[test]
fn an_expression_gives_exactly_one_value() {
    assert!(refusal(".[]", "[1,2]").contains("several values"));
    assert!(refusal(".[]", "[]").contains("no value"));
    assert!(refusal("empty", "1").contains("no value"));
    assert_eq!(refusal(".[] | if . > 1 then error(\"late\") end", "[1,2]"), "late");
}

#[test]
fn an_error_names_types_and_never_the_data() {
    let cases = [
        (".x", "\"secret\"", r#"cannot index string with "x""#),
        (".[0]", r#"{"x":"secret"}"#, ""),
        (". + 1", r#"{"x":"secret"}"#, "cannot calculate object + number"),
        (".[]", "\"secret\"", "cannot use string as iterable (array or object)"),
        ("sort", "\"secret\"", "cannot use string as array"),
    ];
    for (expression, input, message) in cases {
        let got = one(expression, input).map_or_else(|failure| failure, |_| String::new());
        assert_eq!(got, message, "{expression}");
    }
    assert_eq!(refusal("error(\"two\\nlines\")", "1"), "two lines");
}

#[test]
fn among_several_expressions_the_failing_one_is_named() {
    let failure = evaluate(&[".", ".a\n  .b"], "[]", "{}", none).unwrap_err().to_string();
    assert_eq!(failure, r#"in `.a .b`: cannot index array with "a""#);
}

#[test]
fn a_mistake_has_a_place() {
    assert_eq!(complaint(".a |"), "line 1, column 5: expected term, found the end");
    assert_eq!(
        complaint(".a\n | foo("),
        "line 2, column 7: expected the end of `(`, found the end"
    );
    assert!(complaint(". + &").starts_with("line 1, column 5: expected token, found `&`"));
    assert!(complaint("").contains("expected term, found the end"));
    assert!(complaint("import \"x\" as x; .").contains("without `include` and `import`"));
}

#[test]
fn an_unknown_word_has_a_hint() {
    let cases = [
        (".a | lenght", "line 1, column 6: unknown function `lenght/0`; did you mean `length`?"),
        ("qqq", "no function has such a name"),
        ("split_nane", "did you mean `split_name`?"),
        ("map", "`map` takes 1 argument, not 0; `;` separates them"),
        ("dec_add(.a, .b)", "`dec_add` takes 2 arguments, not 1; `;` separates them"),
        ("x::y", "expressions have no modules"),
        ("break $out", "write `label $out | …` before it"),
    ];
    for (expression, words) in cases {
        let got = complaint(expression);
        assert!(got.ends_with(words), "{expression}: {got}");
    }
}

#[test]
fn an_unknown_variable_is_found_when_the_data_comes() {
    check("$record.id").unwrap();
    let failure = evaluate(&["$recrod.id"], "1", r#"{"record":1}"#, none).unwrap_err().to_string();
    assert!(failure.ends_with("unknown variable `$recrod`; did you mean `$record`?"), "{failure}");
}

#[test]
fn nothing_outside_the_sandbox_is_reached() {
    for word in [
        "now",
        "env",
        "$ENV",
        "input",
        "inputs",
        "debug",
        "debug(.)",
        "stderr",
        "halt",
        "halt(1)",
        "halt_error",
        "input_filename",
        "localtime",
        "strflocaltime(\"%Y\")",
        "debug_empty",
        "stderr_empty",
        "now | todate",
    ] {
        assert!(matches!(check(word), Err(Failure::Unknown { .. })), "{word}");
        assert!(evaluate(&[word], "1", "{}", none).is_err(), "{word}");
    }
    assert!(complaint("now").ends_with("take the time from the event or the record"));
}

#[test]
fn whatever_is_over_a_bound_is_refused() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert!(refusal(".", &deep).contains("over the limit of 128 levels"));
    assert!(complaint(&deep).contains("over the limit of 64 levels"));
    assert!(complaint(&" ".repeat(70_000)).contains("over the limit of 65536 bytes"));
    assert!(refusal("reduce range(200) as $n (null; [.])", "1").contains("128 levels"));
    assert!(refusal("[range(1000000)]", "1").contains("over the limit of 4194304 bytes"));
    let many = vec!["."; MAX_EXPRESSIONS + 1];
    assert!(matches!(evaluate(&many, "1", "{}", none), Err(Failure::OverLimit { .. })));
}

#[test]
fn data_that_is_not_json_is_refused() {
    assert!(refusal(".", "{\"a\":").starts_with("the input is not JSON"));
    assert!(matches!(evaluate(&["."], "1", "{", none), Err(Failure::BadData { .. })));
}

#[test]
fn lookups_name_their_tables_wherever_they_stand() {
    let named = |expression: &str| check(expression).map_err(|failure| failure.to_string());
    let expression = r#"def f: lookup("b"; .x); "\(lookup("a-1"; 1; 2))", f, {lookup: 1}.lookup"#;
    assert_eq!(named(expression).unwrap(), ["a-1", "b"]);
    assert_eq!(named(r#"lookup("a"; lookup("b"; .))"#).unwrap(), ["a", "b"]);
    assert_eq!(named(r#". as {(lookup("c"; 1)): $x} | "lookup(.; 1)""#).unwrap(), ["c"]);
    assert_eq!(named(".lookup").unwrap(), [""; 0]);
    for computed in ["lookup(.x; 1)", "\n  lookup($t; 1; 2)", r#"lookup("a\(.)"; 1)"#] {
        let got = named(computed).unwrap_err();
        assert!(got.contains("`lookup` wants the name of its table as it is"), "{got}");
    }
    assert!(named("\n  lookup($t; 1)").unwrap_err().starts_with("line 2, column 3: "));
}

#[test]
fn an_evaluation_gives_what_it_would_give_alone_whatever_was_before() {
    let programs = [
        ".",
        "$x",
        "[$x, .]",
        "$__loc__",
        "input_line_number",
        "[limit(2; .[])]",
        "test($x)",
        "[scan($x)]",
        "error(.)",
        "[.[]] | .[0] = 9",
        "label $out | 1, break $out",
        "lookup(\"t\"; $x)",
        "def f: . + 1; f",
        "getpath([\"a\"])",
        "[splits(\"a\")]",
        "in_zone(\"Europe/London\")",
        "{} | .a.b |= 1",
        "ltrimstr($x)",
        "empty",
        "1, 2",
    ];
    let inputs = ["1", "\"abca\"", "[1,2]", "{\"a\":{\"b\":1}}", "\"2026-07-01T00:00:00Z\""];
    let vars = [r#"{"x":"a"}"#, r#"{"x":[0]}"#, r#"{"y":1}"#, "{}"];
    let value = |program: &str, input: &str, vars: &str| {
        evaluate(&[program], input, vars, none).map_err(|failure| failure.to_string())
    };
    let alone = |program: &str, input: &str, vars: &str| {
        let thread = std::thread::scope(|scope| scope.spawn(|| value(program, input, vars)).join());
        thread.unwrap()
    };
    for _ in 0..2 {
        for (vars, input) in vars.iter().flat_map(|vars| inputs.map(|input| (vars, input))) {
            for program in programs {
                let got = value(program, input, vars);
                assert_eq!(got, alone(program, input, vars), "{program} of {input}, {vars}");
            }
        }
    }
}
