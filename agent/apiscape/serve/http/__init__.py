"""The inventory over HTTP: what is offered, who may ask, and the doors it is offered at."""
