//! Requests that go out to a loopback server, and those that must not.

use super::*;
use crate::host::tests::{as_production, platform};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers one connection with these bytes and gives back what it was asked.
async fn server(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") && !asked.ends_with(b"body!") {
            let mut chunk = [0; 4096];
            let count = stream.read(&mut chunk).await.unwrap();
            assert!(count > 0, "the request ended early");
            asked.extend_from_slice(&chunk[..count]);
        }
        stream.write_all(answer).await.unwrap();
        String::from_utf8(asked).unwrap()
    });
    (url, task)
}

fn request(method: &str, url: &str) -> HttpRequest {
    HttpRequest { method: method.into(), url: url.into(), headers: Vec::new(), body: None }
}

fn header(name: &str, value: &str) -> HttpHeader {
    HttpHeader { name: name.into(), value: value.into() }
}

async fn case(platform: &Platform, request: HttpRequest) -> Option<HttpError> {
    platform.egress.fetch(platform, request).await.err().map(|(error, _)| error)
}

#[tokio::test]
async fn a_request_goes_out_as_it_is_and_a_redirect_comes_back() {
    let answer =
        b"HTTP/1.1 302 Found\r\nLocation: /b\r\nX-Twice: 1\r\nX-Twice: 2\r\ncontent-length: 2\r\n\r\nhi";
    let (url, task) = server(answer).await;
    let platform = platform("http: { allow: [127.0.0.1] }");
    let headers = vec![header("X-A", "1"), header("X-A", "2"), header("Authorization", "Bearer t")];
    let request =
        HttpRequest { headers, body: Some(b"body!".to_vec()), ..request("PATCH", &format!("{url}/a?b=c")) };
    let response = platform.egress.fetch(&platform, request).await.unwrap();
    assert_eq!((response.status, response.body.as_deref()), (302, Some(b"hi".as_slice())));
    let twice = response.headers.iter().filter(|line| line.name == "x-twice").count();
    assert_eq!(twice, 2, "repeated lines are kept");
    let asked = task.await.unwrap();
    assert!(asked.starts_with("PATCH /a?b=c HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("x-a: 1\r\n") && asked.contains("x-a: 2\r\n"), "{asked}");
    assert!(asked.contains("authorization: Bearer t\r\n"), "{asked}");
}

#[tokio::test]
async fn an_empty_body_is_a_body() {
    let (url, _task) = server(b"HTTP/1.1 204 No Content\r\n\r\n").await;
    let platform = as_production("");
    let response = platform.egress.fetch(&platform, request("GET", &url)).await.unwrap();
    assert_eq!((response.status, response.body), (204, Some(Vec::new())));
}

#[tokio::test]
async fn the_list_decides_who_is_reached() {
    let egress = |allow: &[&str]| {
        let allow = allow.iter().map(|host| (*host).to_owned()).collect();
        Egress::new(&Http { allow, ..Http::default() })
    };
    for (allow, url, as_production, allowed) in [
        (vec![], "https://a.test/", false, false),
        (vec![], "https://a.test/", true, true),
        (vec![" A.Test "], "https://a.test:8443/x", false, true),
        (vec!["a.test"], "https://sub.A.TEST/", false, true),
        (vec!["a.test"], "https://nota.test/", false, false),
        (vec!["a.test"], "https://a.test.evil/", true, false),
        (vec!["a.test"], "https://a.test@evil/", false, false),
        (vec!["a.test"], "data:text/plain,x", true, false),
        (vec![" "], "https://a.test/", false, false),
    ] {
        let result = egress(&allow).check(&Url::parse(url).unwrap(), as_production);
        assert_eq!(result.is_ok(), allowed, "{allow:?} {url}");
    }
}

#[tokio::test]
async fn a_refusal_names_the_line_that_would_allow_it() {
    let platform = platform("");
    let (error, why) =
        platform.egress.fetch(&platform, request("GET", "https://api.test/x")).await.unwrap_err();
    assert_eq!(error, HttpError::NotAllowed);
    assert!(why.contains("`api.test`") && why.contains("`http.allow`"), "{why}");
}

#[tokio::test]
async fn mistakes_have_the_cases_of_the_platform() {
    let platform = as_production("");
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    for (request, expected) in [
        (request("GET", "/relative"), HttpError::InvalidUrl),
        (request("GE T", "https://a.test/"), HttpError::InvalidUrl),
        (request("", "https://a.test/"), HttpError::InvalidUrl),
        (
            HttpRequest { headers: vec![header("a b", "x")], ..request("GET", "http://a.test/") },
            HttpError::Transport,
        ),
        (
            HttpRequest { headers: vec![header("a", "x\n")], ..request("GET", "http://a.test/") },
            HttpError::Transport,
        ),
        (request("GET", "file:///etc/passwd"), HttpError::Transport),
        (request("GET", &closed), HttpError::Transport),
    ] {
        let shown = format!("{} {}", request.method, request.url);
        assert_eq!(case(&platform, request).await, Some(expected), "{shown}");
    }
}

#[tokio::test]
async fn a_body_cut_off_is_internal() {
    let (url, _task) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhi").await;
    let platform = as_production("");
    assert_eq!(case(&platform, request("GET", &url)).await, Some(HttpError::Internal));
}

#[tokio::test]
async fn replies_answer_before_anything_goes_out() {
    let platform = platform(
        "http:
  replies:
    - { url: 'https://api.test/a', method: POST, status: 201, headers: { X-Made: 'yes' }, body: { id: 1 } }
    - { url: 'https://api.test/*', body: text }
",
    );
    let fetch = async |method: &str, url: &str| {
        let response = platform.egress.fetch(&platform, request(method, url)).await.unwrap();
        let first = response.headers.first().map(|line| line.name.clone());
        (response.status, first, String::from_utf8(response.body.unwrap()).unwrap())
    };
    assert_eq!(fetch("post", "https://api.test/a").await, (201, Some("x-made".into()), r#"{"id":1}"#.into()));
    assert_eq!(fetch("GET", "https://api.test/a").await, (200, None, "text".into()));
    assert_eq!(case(&platform, request("GET", "https://other.test/")).await, Some(HttpError::NotAllowed));
}

#[tokio::test]
async fn a_reply_is_given_as_often_as_it_says_and_then_the_next_one() {
    let platform = platform(
        "http:
  replies:
    - { url: 'https://api.test/a', status: 503, times: 2 }
    - { url: 'https://api.test/*', method: GET, status: 200, times: 1 }
",
    );
    let status = async |url: &str| {
        let answer = platform.egress.fetch(&platform, request("GET", url)).await;
        answer.map(|response| response.status).map_err(|(error, _)| error)
    };
    let a = "https://api.test/a";
    let seen = [status(a).await, status(a).await, status(a).await, status(a).await];
    assert_eq!(seen, [Ok(503), Ok(503), Ok(200), Err(HttpError::NotAllowed)]);
}

#[test]
fn summaries_hide_what_may_be_secret() {
    let shown = summary(&request("GET", "https://u:p@a.test/x?api_key=s#f"));
    assert_eq!(shown, "GET https://a.test/x?…");
    assert_eq!(summary(&request("GET", "not a url?key=s")), "GET not a url");
    assert_eq!(summary(&request("GET", "//u:p@a.test/x?key=s")), "GET …@a.test/x");
    assert_eq!(summary(&request("GET", "u:p@a.test/x")), "GET u:…");
}

#[tokio::test]
async fn what_is_said_of_a_wrong_address_hides_what_may_be_secret() {
    let platform = platform("http: { allow: [api.test] }");
    for (url, expected) in [
        ("api.test/x?api_key=s3cret", "`api.test/x` is no absolute URL"),
        ("//u:s3cret@api.test/x", "`…@api.test/x` is no absolute URL"),
        ("u:s3cret@api.test/x?api_key=s3cret", "`u:…` names no host"),
    ] {
        let (_, why) = platform.egress.fetch(&platform, request("GET", url)).await.unwrap_err();
        assert!(why.starts_with(expected) && !why.contains("s3cret"), "{why}");
    }
}
