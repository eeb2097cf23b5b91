"""Letters and the ways they leave. The only room that may import `sendgrid`."""
