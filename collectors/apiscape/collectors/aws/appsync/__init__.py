"""AWS AppSync: GraphQL, merged and Event APIs, and the domain names before them."""
