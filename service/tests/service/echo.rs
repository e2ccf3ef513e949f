//! A bare Flight server that computes nothing, to compare with.

/// A bare server that sends back what it gets in DoExchange, for comparison; its address.
pub async fn echo() -> String {
    use arrow_flight::flight_service_server::{FlightService, FlightServiceServer};
    use arrow_flight::*;
    use futures::StreamExt;
    use futures::stream::BoxStream;
    use tonic::{Request, Response, Status, Streaming};

    struct Echo;
    type Stream<T> = BoxStream<'static, std::result::Result<T, Status>>;
    type Outcome<T> = std::result::Result<Response<T>, Status>;
    fn no<T>() -> Outcome<T> {
        Err(Status::unimplemented("this is an echo"))
    }

    #[tonic::async_trait]
    impl FlightService for Echo {
        type HandshakeStream = Stream<HandshakeResponse>;
        type ListFlightsStream = Stream<FlightInfo>;
        type DoGetStream = Stream<FlightData>;
        type DoPutStream = Stream<PutResult>;
        type DoExchangeStream = Stream<FlightData>;
        type DoActionStream = Stream<arrow_flight::Result>;
        type ListActionsStream = Stream<ActionType>;

        async fn handshake(
            &self,
            _: Request<Streaming<HandshakeRequest>>,
        ) -> Outcome<Self::HandshakeStream> {
            no()
        }
        async fn list_flights(&self, _: Request<Criteria>) -> Outcome<Self::ListFlightsStream> {
            no()
        }
        async fn get_flight_info(&self, _: Request<FlightDescriptor>) -> Outcome<FlightInfo> {
            no()
        }
        async fn poll_flight_info(&self, _: Request<FlightDescriptor>) -> Outcome<PollInfo> {
            no()
        }
        async fn get_schema(&self, _: Request<FlightDescriptor>) -> Outcome<SchemaResult> {
            no()
        }
        async fn do_get(&self, _: Request<Ticket>) -> Outcome<Self::DoGetStream> {
            no()
        }
        async fn do_put(&self, _: Request<Streaming<FlightData>>) -> Outcome<Self::DoPutStream> {
            no()
        }
        async fn do_exchange(
            &self,
            request: Request<Streaming<FlightData>>,
        ) -> Outcome<Self::DoExchangeStream> {
            Ok(Response::new(request.into_inner().boxed()))
        }
        async fn do_action(&self, _: Request<Action>) -> Outcome<Self::DoActionStream> {
            no()
        }
        async fn list_actions(&self, _: Request<Empty>) -> Outcome<Self::ListActionsStream> {
            no()
        }
    }

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it listens").to_string();
    let service = FlightServiceServer::new(Echo).max_decoding_message_size(1 << 28);
    // The windows are those of the service, so that only the work differs.
    let server = tonic::transport::Server::builder()
        .initial_stream_window_size(4 << 20)
        .initial_connection_window_size(16 << 20)
        .max_frame_size(1 << 20)
        .add_service(service);
    let incoming = tonic::transport::server::TcpIncoming::from(listener).with_nodelay(Some(true));
    tokio::spawn(async { server.serve_with_incoming(incoming).await.expect("it serves") });
    address
}
