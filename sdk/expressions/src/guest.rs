//! The seam between the contract and the pure code: strings in, strings or a problem out.
//! It promises to add nothing and decides nothing.

#![expect(unsafe_code, reason = "the generated bindings lower and lift memory")]
#![allow(missing_docs, reason = "the contract documents the generated items")]

wit_bindgen::generate!({ world: "expressions-role", path: "../../wit" });

use exports::jackfield::connector::expressions::{Guest, Problem};
use jackfield::connector::tables;

/// The exported component.
struct Expressions;

impl Guest for Expressions {
    fn check(expression: String) -> Result<Vec<String>, Problem> {
        crate::check(&expression).map_err(problem)
    }

    fn evaluate(
        expressions: Vec<String>,
        input: String,
        vars: String,
    ) -> Result<Vec<String>, Problem> {
        let expressions: Vec<&str> = expressions.iter().map(String::as_str).collect();
        crate::evaluate(&expressions, &input, &vars, row).map_err(problem)
    }
}

/// A row of a table that the operator keeps.
fn row(table: &str, key: &str) -> crate::Row {
    tables::row(table, key).map_err(|()| crate::NoTable)
}

/// A failure in the words of the contract. Every failure here is for a person to mend.
fn problem(failure: crate::Failure) -> Problem {
    Problem {
        code: "invalid".to_owned(),
        message: failure.to_string(),
        retry_after_ms: None,
        details: None,
    }
}

export!(Expressions);
