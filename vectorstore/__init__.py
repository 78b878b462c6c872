"""The retailer's knowledge: documents in, scoped and dated passages out.

Services call `vectorstore.retrieve.Retriever`, operators call `vectorstore.ingest.ingest`. Importing this
package loads neither Chroma nor an embedding engine; they are loaded on first use.
"""
