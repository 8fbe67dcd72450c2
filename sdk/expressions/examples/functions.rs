//! Writes `FUNCTIONS.md` anew, from the table of functions.

fn main() -> std::io::Result<()> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/FUNCTIONS.md");
    std::fs::write(file, jackfield_expressions::functions::listing())
}
