"""The reference of the AT interface: collected from the declarations of the model, never written by hand."""
