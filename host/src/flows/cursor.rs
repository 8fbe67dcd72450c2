//! Where a run stands: a pure function of its flow and of the steps that are settled.

use super::{AfterError, Run, Step};

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cursor<'a> {
    /// A step.
    Step(&'a Step),
    /// The end.
    End,
    /// The end, since this step failed for good.
    Failed(&'a Step),
}

/// The first step that is not settled; after one that failed, its error branch comes first.
pub(super) fn next<'a>(steps: &'a [Step], run: &Run) -> Cursor<'a> {
    for step in steps {
        let Some(record) = run.steps.get(step.id.get_ref()) else { return Cursor::Step(step) };
        if record.error.is_none() {
            continue;
        }
        match next(&step.on_error, run) {
            Cursor::End if step.after_error == Some(AfterError::GoOn) => {}
            Cursor::End => return Cursor::Failed(step),
            other => return other,
        }
    }
    Cursor::End
}
