//! Wants a socket of its own, which no connector can have.
#![expect(missing_docs, reason = "a guest has no readers of its documentation")]

use jackfield_sdk::prelude::*;

pub struct Sockets;

impl Actions for Sockets {
    fn invoke(_host: &dyn Host, _call: Call) -> Result<Value, Problem> {
        #[expect(clippy::disallowed_methods, reason = "what it is for: to be refused")]
        let socket = std::net::TcpStream::connect("169.254.169.254:80");
        Ok(json!(socket.is_ok()))
    }
}

jackfield_sdk::connector!(Sockets: actions);
