"""Amazon API Gateway: REST, HTTP and WebSocket APIs, their custom domains, and usage plans."""
