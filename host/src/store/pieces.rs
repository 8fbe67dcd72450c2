//! Long values in pieces.
//!
//! sled puts a page that is longer than an eighth of a mebibyte into a file of its own, which it
//! does not make durable before it refers to it. A page has up to 16 values, so a value is cut
//! into pieces that keep every page below that.

use super::{StoreError, Tree, trees::PIECES};

/// The longest value that is not cut, and the longest piece of one that is.
pub(super) const PIECE_BYTES: usize = 5 << 10;

/// How a value begins on disk.
const WHOLE: u8 = 0;
const CUT: u8 = 1;

/// A value as it stands under its own key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// All of it.
    Whole(Vec<u8>),
    /// Where its pieces are: under which number, and how many.
    Cut { number: u64, pieces: u32 },
}

impl Head {
    pub(super) fn whole(value: &[u8]) -> Vec<u8> {
        [&[WHOLE], value].concat()
    }

    pub(super) fn cut(number: u64, pieces: u32) -> Vec<u8> {
        [&[CUT], &number.to_be_bytes()[..], &pieces.to_be_bytes()].concat()
    }

    pub(super) fn read(tree: Tree, key: &[u8], bytes: &[u8]) -> Result<Self, StoreError> {
        match bytes.split_first() {
            Some((&WHOLE, value)) => Ok(Self::Whole(value.to_vec())),
            Some((&CUT, rest)) => cut(rest).ok_or_else(|| damaged(tree, key)),
            _ => Err(damaged(tree, key)),
        }
    }
}

fn cut(rest: &[u8]) -> Option<Head> {
    let (number, pieces) = rest.split_first_chunk()?;
    let (number, pieces) =
        (u64::from_be_bytes(*number), u32::from_be_bytes(pieces.try_into().ok()?));
    Some(Head::Cut { number, pieces })
}

/// The key of a piece, its tree's byte included.
pub(super) fn place(number: u64, piece: u32) -> Vec<u8> {
    [&[PIECES.byte], &number.to_be_bytes()[..], &piece.to_be_bytes()].concat()
}

pub(super) fn damaged(tree: Tree, key: &[u8]) -> StoreError {
    StoreError::Damaged { tree: tree.name, key: hex::encode(key) }
}
