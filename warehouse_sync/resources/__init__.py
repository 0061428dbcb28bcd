"""The resource clients: the operations of the API by kind of resource."""
