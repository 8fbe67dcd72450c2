//! What a component can do through each window, and what it cannot.

mod context;
mod http;
mod limits;
mod probe;
mod secrets;
mod storage;
