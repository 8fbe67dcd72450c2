//! The yardstick's disk: an append-only file, one fdatasync for all who wait.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
    thread,
};

use tokio::sync::{mpsc, oneshot};

/// Records that wait.
const WAITING_MAX: usize = 1024;

/// A journal. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Journal(mpsc::Sender<(Vec<u8>, oneshot::Sender<()>)>);

impl Journal {
    /// Begins a journal in a file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::create(path)?;
        let (records, mut waiting) = mpsc::channel::<(Vec<u8>, oneshot::Sender<()>)>(WAITING_MAX);
        thread::spawn(move || {
            let mut group = Vec::new();
            while waiting.blocking_recv_many(&mut group, WAITING_MAX) > 0 {
                let bytes: Vec<u8> = group.iter().flat_map(|(record, _)| record).copied().collect();
                file.write_all(&bytes).and_then(|()| file.sync_data()).expect("a disk with room");
                for (_, done) in group.drain(..) {
                    // Whoever gave up waiting does not need the answer.
                    let _ = done.send(());
                }
            }
        });
        Ok(Self(records))
    }

    /// Appends a record; it is on disk on return.
    pub async fn append(&self, record: Vec<u8>) {
        let (done, durable) = oneshot::channel();
        self.0.send((record, done)).await.expect("the journal's thread");
        durable.await.expect("the journal's thread");
    }
}
