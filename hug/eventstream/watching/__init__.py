"""How streams, channels and brokers are: for people, load balancers and monitoring."""
