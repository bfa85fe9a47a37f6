"""Application load balancers: what their listeners and rules serve, and what stands before and behind them."""
