"""The contract engine: policies as values, and the pure rules that hold a status page to them."""
